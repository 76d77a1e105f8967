using System.Runtime.InteropServices;
using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Transactions;

namespace Mesh.Broker.Apis;

/// <summary>
/// Appends batches. Versions 0 to 2 are advertised, since clients judge by the smallest version what else the broker can do
/// (KAFKA-18659), and answered with an error: their record format is not kept.
/// </summary>
internal sealed class ProduceApi(BrokerState broker) : Api(ApiKey.Produce, 0, 10, flexibleFrom: 9)
{
    private readonly record struct PartitionData(int Index, ReadOnlyMemory<byte>? Records);

    private readonly record struct Outcome(ErrorCode Error, long BaseOffset, long StartOffset, long LogAppendTimeMs = -1)
    {
        /// <summary>Positions of the records for which the batch was refused, so that the sender can send the others again.</summary>
        public IReadOnlyList<int> RefusedRecords { get; init; } = [];
    }

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        string? transactionalId = version >= 3 ? request.NullableString() : null;
        short acks = request.Int16();
        request.Int32();
        var topics = request.Array(static topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(static partition =>
            {
                var data = new PartitionData(partition.Int32(), partition.NullableBytes());
                partition.Tags();
                return data;
            });
            topic.Tags();
            return (Name: name, Partitions: partitions);
        });
        request.Tags();

        bool maySign = transactionalId is null || broker.Authoriser.Allows(context.Principal, AclOperation.Write, AclResourceType.TransactionalId, transactionalId);
        ErrorCode Refusal(string topic) => !maySign ? ErrorCode.TransactionalIdAuthorizationFailed
            : broker.Authoriser.AllowsTopic(context.Principal, AclOperation.Write, topic) ? ErrorCode.None
            : ErrorCode.TopicAuthorizationFailed;

        // Partitions whose batches must reach the disk share the wait for it; all are done before the frame they lie in is given back.
        Queue<Outcome>? together = null;
        if (topics.Sum(topic => topic.Partitions.Count) > 1 && topics.Exists(topic => broker.Topics.FindPartition(topic.Name, 0)?.Settings.Flush == FlushPolicy.Fsync))
        {
            together = new Queue<Outcome>(await Task.WhenAll(
                topics.SelectMany(topic => topic.Partitions.Select(partition => AppendAsync(topic.Name, partition, version, transactionalId, Refusal(topic.Name)).AsTask()))).ConfigureAwait(false));
        }

        response.ArrayLength(topics.Count);
        foreach (var (name, partitions) in topics)
        {
            response.String(name);
            response.ArrayLength(partitions.Count);
            var refused = Refusal(name);
            foreach (var partition in partitions)
            {
                var outcome = together?.Dequeue() ?? await AppendAsync(name, partition, version, transactionalId, refused).ConfigureAwait(false);
                response.Int32(partition.Index);
                response.Error(outcome.Error);
                response.Int64(outcome.BaseOffset);
                if (version >= 2) response.Int64(outcome.LogAppendTimeMs);
                if (version >= 5) response.Int64(outcome.StartOffset);
                if (version >= 8)
                {
                    response.ArrayLength(outcome.RefusedRecords.Count);
                    foreach (int position in outcome.RefusedRecords)
                    {
                        response.Int32(position);
                        response.NullableString(outcome.Error == ErrorCode.InvalidTimestamp ? "Its time is further from the broker's clock than the topic's settings allow." : "A record of a compacted topic needs a key.");
                        response.Tags();
                    }

                    response.NullableString(Explain(outcome.Error));
                }

                response.Tags();
            }

            response.Tags();
        }

        context.ThrottleTimeAt = version >= 1 ? response.Length : null;
        if (version >= 1) response.Int32(0);
        response.Tags();
        context.NoResponse = acks == 0;
    }

    private async ValueTask<Outcome> AppendAsync(string topic, PartitionData data, short version, string? transactionalId, ErrorCode refused)
    {
        if (refused != ErrorCode.None) return new Outcome(refused, -1, -1);
        if (version < 3) return new Outcome(ErrorCode.UnsupportedForMessageFormat, -1, -1);
        if (broker.Topics.FindPartition(topic, data.Index) is not { } log) return new Outcome(ErrorCode.UnknownTopicOrPartition, -1, -1);
        if (data.Records is not { } records) return new Outcome(ErrorCode.CorruptMessage, -1, -1);

        var error = RecordBatchValidator.Validate(records.Span, broker.Options.MaxMessageBytes, version, out var header);
        if (error != ErrorCode.None) return new Outcome(error, -1, -1);

        // A batch outside an ongoing transaction would never be followed by a marker, and hold up all who read committed records (KIP-890).
        Transaction? admitted = null;
        if (header.IsTransactional)
        {
            error = transactionalId is null
                ? ErrorCode.TransactionalIdAuthorizationFailed
                : broker.Transactions.Enter(transactionalId, header.ProducerId, header.ProducerEpoch, new TopicPartition(topic, data.Index), out admitted);
            if (error != ErrorCode.None) return new Outcome(error, -1, -1);
        }
        else if (header.ProducerId >= 0 && broker.Transactions.Has(header.ProducerId))
        {
            // Nothing of a transactional producer is outside its transactions, so that nobody raises its epoch but the coordinator.
            return new Outcome(ErrorCode.InvalidTxnState, -1, -1);
        }

        try
        {
            // The batch is given its offset in the request's own buffer, which nobody reads again.
            var result = await log.AppendAsync(MemoryMarshal.AsMemory(records), header).ConfigureAwait(false);
            return new Outcome(result.Error, result.BaseOffset, log.StartOffset, result.LogAppendTimeMs)
            {
                RefusedRecords = result.Error == ErrorCode.None ? [] : BatchAdmission.RefusedRecords(records.Span, header, log.Settings, result.Error),
            };
        }
        finally
        {
            admitted?.Leave();
        }
    }

    private static string? Explain(ErrorCode error) => error switch
    {
        ErrorCode.InvalidRecord => "The batch is not made of whole records, expands to too many bytes, or one of a compacted topic has no key.",
        ErrorCode.InvalidTimestamp => "A timestamp is further from the broker's clock than the topic's settings allow.",
        ErrorCode.MessageTooLarge => "The batch is larger than the topic's max.message.bytes or the broker's limit.",
        ErrorCode.KafkaStorageError => "The batch could not be written to the disk; try again.",
        _ => null,
    };
}
