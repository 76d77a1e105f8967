using Mesh.Broker.Protocol;

namespace Mesh.Broker.Transactions;

/// <summary>Errors as clients of different ages know them.</summary>
internal static class TransactionErrors
{
    /// <summary>PRODUCER_FENCED is younger than the requests: older versions are told of the epoch, and do the same (KIP-588).</summary>
    public static ErrorCode For(ErrorCode error, bool knowsFenced) =>
        error == ErrorCode.ProducerFenced && !knowsFenced ? ErrorCode.InvalidProducerEpoch : error;
}
