#!/bin/sh
# Public addresses of a test: put on their interface and taken off it, and nothing else.
event=$1; shift
case $event in
takeip) ip address replace "$2/$3" dev "$1" ;;
releaseip) ip address del "$2/$3" dev "$1" ;;
# What a ctdbd that was killed has left.
init)
	while read -r address device; do
		ip address del "$address" dev "$device" 2>/dev/null
	done <"$CTDB_BASE/public_addresses"
	exit 0
	;;
esac
