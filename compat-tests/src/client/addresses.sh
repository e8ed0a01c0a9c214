#!/bin/sh
# Public addresses of a test: put on their interface and taken off it, and nothing else.
event=$1; shift
case $event in
takeip) ip address replace "$2/$3" dev "$1" ;;
releaseip) ip address del "$2/$3" dev "$1" ;;
esac
