//! Errors of librdkafka, by what the worker does about them.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use segflow_runtime::log::LogError;

use crate::client::config::MESSAGE_MAX_BYTES;

/// What a failure outside a commit means: nothing of the present transaction has been committed.
pub(crate) fn failed(doing: &str, error: &KafkaError) -> LogError {
    match error {
        KafkaError::Transaction(cause) if cause.is_fatal() => beyond_use(cause.code(), doing, &cause.string()),
        KafkaError::Transaction(cause) if takes_over(cause.code()) => {
            LogError::Fenced(format!("{doing}: {}", cause.string()))
        }
        KafkaError::Transaction(cause) => LogError::Retry(format!("{doing}: {}", cause.string())),
        KafkaError::MessageProduction(Code::MessageSizeTooLarge) => LogError::Stop(format!(
            "{doing}: the record is larger than the topic takes; raise the topic's max.message.bytes to {MESSAGE_MAX_BYTES}"
        )),
        KafkaError::MessageConsumptionFatal(code) => beyond_use(*code, doing, &code.to_string()),
        KafkaError::ClientConfig(_, reason, key, _) => LogError::Stop(refused_property(key, reason)),
        KafkaError::ClientCreation(reason) => LogError::Stop(format!(
            "{doing}: librdkafka cannot create a client: {reason}; correct the connection's properties"
        )),
        _ => LogError::Retry(format!("{doing}: {error}")),
    }
}

/// What a client's fatal error means: the client is of no more use.
pub(crate) fn beyond_use(code: Code, doing: &str, reason: &str) -> LogError {
    match code {
        Code::TransactionalIdAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::TopicAuthorizationFailed
        | Code::UnsupportedForMessageFormat
        | Code::UnsupportedVersion => {
            LogError::Stop(format!("{doing}: {reason}; correct it on the cluster, then start again"))
        }
        _ => LogError::Fenced(format!("{doing}: {reason}")),
    }
}

/// Whether another member has taken this one's place, or the cluster has given it up. A static member is told so too when its
/// coordinator died while it joined: only who is fenced again and again has a twin.
fn takes_over(code: Code) -> bool {
    matches!(code, Code::FencedInstanceId | Code::ProducerFenced | Code::InvalidProducerEpoch | Code::Fenced)
}

/// Whether reading on would step over records: an operator must look.
pub(crate) fn loses_records(code: Code) -> bool {
    matches!(
        code,
        Code::AutoOffsetReset
            | Code::OffsetOutOfRange
            | Code::LogTruncation
            | Code::BadMessage
            | Code::InvalidMessage
            | Code::BadCompression
            | Code::NotImplemented
            | Code::UnsupportedFeature
    )
}

/// Whether nothing can be read until the cluster is back or lets us in.
pub(crate) fn unreachable(code: Code) -> bool {
    matches!(
        code,
        Code::AllBrokersDown
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::TopicAuthorizationFailed
            | Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
    )
}

// librdkafka repeats the value in some of its reasons, so those of secrets stay unsaid.
fn refused_property(key: &str, reason: &str) -> String {
    let secret = ["password", "secret", "key", "token", "pem", "oauthbearer"].iter().any(|word| key.contains(word));
    if secret {
        format!("librdkafka refuses the value of property `{key}`; correct it")
    } else {
        format!("librdkafka refuses property `{key}`: {reason}; correct or remove it")
    }
}
