//! How an item of fixed layout is declared: its fields in the order of the standard, each with its key and its type. The
//! declaration gives reading, writing and the walk over the fields; that the lengths add up is checked when compiling.

use crate::reading::Form;

/// A run of fields of known length.
pub trait Record: Sized {
    /// Bytes on the wire.
    const LEN: usize;
    /// From the first [`Self::LEN`] bytes; `None` when there are fewer.
    fn read(bytes: &[u8]) -> Option<Self>;
    /// Appends exactly [`Self::LEN`] bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Shows every field in the order of the standard: key and form.
    fn visit(&self, visit: &mut impl FnMut(&'static str, Form));
}

macro_rules! layout {
    ($(#[$doc:meta])* $name:ident, $len:literal { $( $(#[$fdoc:meta])* $field:ident $key:literal : $type:ty ),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            $( $(#[$fdoc])* pub $field: $type, )+
        }

        const _: () = assert!(0 $( + <$type as $crate::reading::Wire>::LEN )+ == $len, "the fields do not add up");

        impl $crate::full::Record for $name {
            const LEN: usize = $len;

            #[inline]
            fn read(bytes: &[u8]) -> Option<Self> {
                let mut rest: &[u8] = bytes.first_chunk::<$len>()?;
                $(
                    let (head, tail) = rest.split_at(<$type as $crate::reading::Wire>::LEN);
                    let $field = <$type as $crate::reading::Wire>::get(head);
                    rest = tail;
                )+
                let _ = rest;
                Some(Self { $( $field, )+ })
            }

            fn write(&self, out: &mut Vec<u8>) {
                $( $crate::reading::Wire::put(self.$field, out); )+
            }

            #[inline]
            fn visit(&self, visit: &mut impl FnMut(&'static str, $crate::reading::Form)) {
                $( visit($key, $crate::reading::Wire::form(self.$field)); )+
            }
        }
    };
}

pub(crate) use layout;
