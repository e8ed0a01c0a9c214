//! `controls!`: from a row the typed call, the arms of the request and reply enums, and the line of the table.
//!
//! `argument!` and `answer!` are the only places that know what "in the data", "in the srvid field", "in the flags" and
//! "in the status" mean. They need the names of `control/table.rs` in scope.

macro_rules! argument {
    ([$ty:ty], type) => {
        $ty
    };
    ([$ty:ty, $fty:ty], type) => {
        ($ty, $fty)
    };
    ([Data $ty:ty], encode $arg:ident, $request:ident, $data:ident, $abi:ident) => {
        $data = $arg.to_payload($abi)?
    };
    ([Srvid $ty:ty], encode $arg:ident, $request:ident, $data:ident, $abi:ident) => {
        $request.srvid = $arg.to_srvid()
    };
    ([Flags $ty:ty], encode $arg:ident, $request:ident, $data:ident, $abi:ident) => {
        $request.flags = $arg.to_flags()
    };
    ([Data $ty:ty, Flags $fty:ty], encode $arg:ident, $request:ident, $data:ident, $abi:ident) => {{
        $data = $arg.0.to_payload($abi)?;
        $request.flags = $arg.1.to_flags();
    }};
    ([Data $ty:ty], decode $request:ident, $abi:ident) => {
        <$ty as Payload>::from_payload(&$request.data, $abi)
    };
    ([Srvid $ty:ty], decode $request:ident, $abi:ident) => {
        <() as Payload>::from_payload(&$request.data, $abi)
            .map(|()| <$ty as InSrvid>::from_srvid($request.srvid))
    };
    ([Flags $ty:ty], decode $request:ident, $abi:ident) => {
        <() as Payload>::from_payload(&$request.data, $abi)
            .map(|()| <$ty as InFlags>::from_flags($request.flags))
    };
    ([Data $ty:ty, Flags $fty:ty], decode $request:ident, $abi:ident) => {
        <$ty as Payload>::from_payload(&$request.data, $abi)
            .map(|data| (data, <$fty as InFlags>::from_flags($request.flags)))
    };
}

macro_rules! answer {
    (Data $ty:ty, failed $status:ident) => {
        $status != 0
    };
    (Status $ty:ty, failed $status:ident) => {
        <$ty as InStatus>::from_status($status).is_none()
    };
    (Data $ty:ty, decode $control:ident, $status:ident, $data:ident, $abi:ident) => {
        if $status == 0 {
            <$ty as Payload>::from_payload($data, $abi)
        } else {
            Err(Error::Refused { control: $control::C_NAME, status: $status })
        }
    };
    (Status $ty:ty, decode $control:ident, $status:ident, $data:ident, $abi:ident) => {
        match <$ty as InStatus>::from_status($status) {
            Some(answer) => <() as Payload>::from_payload($data, $abi).map(|()| answer),
            None => Err(Error::Refused { control: $control::C_NAME, status: $status }),
        }
    };
    (Data $ty:ty, encode $reply:ident, $abi:ident) => {
        (0, $reply.to_payload($abi)?)
    };
    (Status $ty:ty, encode $reply:ident, $abi:ident) => {
        Self::in_status($reply.to_status())
    };
}

macro_rules! controls {
    (
        live { $(
            #[doc = $doc:literal]
            $opcode:literal $c_name:ident $name:ident ( $($place:ident $arg:ty),+ ) -> $rplace:ident $reply:ty
            $( , since $since:literal )? $( , until $until:literal )? ;
        )+ }
        obsolete { $(
            #[doc = $odoc:literal]
            $oopcode:literal $oc_name:ident;
        )+ }
    ) => {
        $(
            #[doc = $doc]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name;

            impl Control for $name {
                const OPCODE: u32 = $opcode;
                const C_NAME: &'static str = stringify!($c_name);
                type Arg = argument!([ $($arg),+ ], type);
                type Reply = $reply;

                fn request(arg: Self::Arg) -> ControlRequest {
                    ControlRequest::$name(arg)
                }

                fn failed(status: i32) -> bool {
                    answer!($rplace $reply, failed status)
                }

                fn reply(status: i32, data: &Bytes, abi: Abi) -> Result<$reply, Error> {
                    answer!($rplace $reply, decode $name, status, data, abi)
                        .map_err(|e: Error| e.within(stringify!($name)))
                }
            }
        )+

        /// The argument of any control.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ControlRequest {
            $( #[doc = $doc] $name(argument!([ $($arg),+ ], type)), )+
            /// A control that is obsolete or not known.
            Unknown {
                /// Its number.
                opcode: u32,
                /// The srvid field.
                srvid: SrvId,
                /// The flags field.
                flags: ControlFlags,
                /// The data.
                data: Bytes,
            },
        }

        impl ControlRequest {
            /// Number on the wire.
            #[must_use]
            pub fn opcode(&self) -> u32 {
                match self {
                    $( Self::$name(_) => $opcode, )+
                    Self::Unknown { opcode, .. } => *opcode,
                }
            }

            /// What the packet says.
            pub fn decode(request: &ReqControl, abi: Abi) -> Result<Self, Error> {
                match request.opcode {
                    $( $opcode => argument!([ $($place $arg),+ ], decode request, abi)
                        .map(Self::$name)
                        .map_err(|e: Error| e.within(stringify!($name))), )+
                    opcode => {
                        let ReqControl { srvid, flags, data, .. } = request.clone();
                        Ok(Self::Unknown { opcode, srvid, flags, data })
                    }
                }
            }

            /// The packet's content, and again its data with the padding known.
            pub fn encode_masked(&self, abi: Abi) -> Result<(ReqControl, Encoded), Error> {
                let mut request = ReqControl {
                    opcode: self.opcode(),
                    pad: 0,
                    srvid: SrvId(0),
                    client_id: ClientId(0),
                    flags: ControlFlags::empty(),
                    data: Bytes::new(),
                };
                let mut encoded = Encoded { bytes: Bytes::new(), padding: Vec::new() };
                match self {
                    $( Self::$name(arg) => argument!([ $($place $arg),+ ], encode arg, request, encoded, abi), )+
                    Self::Unknown { srvid, flags, data, .. } => {
                        request.srvid = *srvid;
                        request.flags = *flags;
                        encoded.bytes = data.clone();
                    }
                }
                request.data = encoded.bytes.clone();
                Ok((request, encoded))
            }
        }

        /// The answer to any control.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ControlReply {
            $( #[doc = $doc] $name($reply), )+
            /// The daemon refused, or failed.
            Failed {
                /// Number of the control.
                opcode: u32,
                /// Status word.
                status: i32,
                /// What came along.
                data: Bytes,
            },
            /// Answer to a control that is obsolete or not known.
            Unknown {
                /// Number of the control.
                opcode: u32,
                /// Status word.
                status: i32,
                /// The data.
                data: Bytes,
            },
        }

        impl ControlReply {
            /// What the packet says. The opcode is that of the request: a reply does not carry it.
            pub fn decode(opcode: u32, reply: &ReplyControl, abi: Abi) -> Result<Self, Error> {
                let status = reply.status;
                match opcode {
                    $(
                        $opcode if <$name as Control>::failed(status) => {
                            Ok(Self::Failed { opcode, status, data: reply.data.clone() })
                        }
                        $opcode => $name::reply(status, &reply.data, abi).map(Self::$name),
                    )+
                    opcode => Ok(Self::Unknown { opcode, status, data: reply.data.clone() }),
                }
            }

            /// Number of the control.
            #[must_use]
            pub fn opcode(&self) -> u32 {
                match self {
                    $( Self::$name(_) => $opcode, )+
                    Self::Failed { opcode, .. } | Self::Unknown { opcode, .. } => *opcode,
                }
            }

            /// The status word, and the data with its padding.
            pub fn encode_masked(&self, abi: Abi) -> Result<(i32, Encoded), Error> {
                Ok(match self {
                    $( Self::$name(reply) => answer!($rplace $reply, encode reply, abi), )+
                    Self::Failed { status, data, .. } | Self::Unknown { status, data, .. } => {
                        (*status, Encoded { bytes: data.clone(), padding: Vec::new() })
                    }
                })
            }
        }

        impl Describe for ControlRequest {
            /// The argument alone; a control without a row also shows where it might be.
            fn describe(&self, abi: Abi) -> Value {
                match self {
                    $( Self::$name(arg) => describe!(arg, abi), )+
                    Self::Unknown { srvid, flags, data, .. } => Value::Struct(vec![
                        ("srvid", srvid.describe(abi)),
                        ("flags", flags.describe(abi)),
                        ("data", data.describe(abi)),
                    ]),
                }
            }
        }

        impl Describe for ControlReply {
            /// The answer alone; a failure shows its status.
            fn describe(&self, abi: Abi) -> Value {
                match self {
                    $( Self::$name(reply) => describe!(reply, abi), )+
                    Self::Failed { status, data, .. } | Self::Unknown { status, data, .. } => {
                        Value::Struct(vec![("status", status.describe(abi)), ("data", data.describe(abi))])
                    }
                }
            }
        }

        const ROWS: &[ControlRow] = &[
            $( ControlRow {
                opcode: $opcode,
                c_name: stringify!($c_name),
                rust_name: Some(stringify!($name)),
                argument: &[ $( (stringify!($place), stringify!($arg)) ),+ ],
                reply: Some((stringify!($rplace), stringify!($reply))),
                argument_layout: &[ $( <$arg as crate::LaidOut>::LAYOUT ),+ ],
                reply_layout: Some(<$reply as crate::LaidOut>::LAYOUT),
                since: version!($($since)? or 8),
                until: version!(some $($until)?),
                doc: $doc.trim_ascii(),
            }, )+
            $( ControlRow {
                opcode: $oopcode,
                c_name: stringify!($oc_name),
                rust_name: None,
                argument: &[],
                reply: None,
                argument_layout: &[],
                reply_layout: None,
                since: 8,
                until: Some(7),
                doc: $odoc.trim_ascii(),
            }, )+
        ];
    };
}

pub(crate) use {answer, argument, controls};
