//! Headers as librdkafka holds them. rdkafka's own reading of them panics on a name that is not UTF-8.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::ptr::null;
use std::slice;

use rdkafka::bindings::{rd_kafka_header_get_all, rd_kafka_message_headers};
use rdkafka::message::BorrowedMessage;
use rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR as OK;
use segflow_runtime::log::Headers;

/// A message's headers, in order. What is not UTF-8 in a name becomes U+FFFD.
pub(crate) fn headers_of(message: &BorrowedMessage<'_>) -> Headers {
    let mut headers = Headers::new();
    // SAFETY: the message outlives this function, and with it the list, its names (which end with a zero byte) and its
    // values (which have the size told). All are copied before the next call.
    unsafe {
        let mut list = std::ptr::null_mut();
        if rd_kafka_message_headers(message.ptr(), &raw mut list) != OK {
            return headers;
        }
        let (mut name, mut value, mut size) = (null(), null(), 0);
        while rd_kafka_header_get_all(list, headers.len(), &raw mut name, &raw mut value, &raw mut size) == OK {
            let value = (!value.is_null()).then(|| slice::from_raw_parts(value.cast::<u8>(), size).to_vec());
            headers.push((CStr::from_ptr(name).to_string_lossy().into_owned(), value));
        }
    }
    headers
}
