using Mesh.Broker.Access;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Apis;

/// <summary>
/// Reads batches, waiting for new ones. Sessions are never opened (session id 0), so every request names its partitions. Versions 0 to 3
/// would need record formats that are not kept and are answered with an error.
/// </summary>
internal sealed class FetchApi(BrokerState broker) : Api(ApiKey.Fetch, 0, 12, flexibleFrom: 12)
{
    /// <summary>Most of what one answer carries, whatever the client asks for.</summary>
    private const int MaxResponseBytes = 50 << 20;

    private readonly record struct FetchPartition(int Index, long Offset, int MaxBytes, int LeaderEpoch, int LastFetchedEpoch);

    /// <summary>What a partition's check came to.</summary>
    /// <param name="Error">Error.</param>
    /// <param name="End">Offset the reader may read up to.</param>
    /// <param name="Diverging">Epoch and its end, when the reader's log is not a beginning of this one (KIP-595).</param>
    private readonly record struct Verdict(ErrorCode Error, long End = -1, (int Epoch, long EndOffset)? Diverging = null);

    private sealed record FetchTopic(string Name, List<FetchPartition> Partitions)
    {
        public bool IsAllowed { get; init; }
    }

    private sealed record FetchRequest(int MaxWaitMs, int MinBytes, int MaxBytes, bool ReadCommitted, int SessionId, List<FetchTopic> Topics);

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var fetch = Read(request, version, name => broker.Authoriser.AllowsTopic(context.Principal, AclOperation.Read, name));
        var error = fetch.SessionId == 0 ? ErrorCode.None : ErrorCode.FetchSessionIdNotFound;
        if (version >= 4 && error == ErrorCode.None) await WaitAsync(fetch, context.Disconnected).ConfigureAwait(false);

        context.ThrottleTimeAt = version >= 1 ? response.Length : null;
        if (version >= 1) response.Int32(0);
        if (version >= 7)
        {
            response.Error(error);
            response.Int32(0);
        }

        int left = Math.Clamp(fetch.MaxBytes, 0, MaxResponseBytes);
        bool empty = true;
        var topics = error == ErrorCode.None ? fetch.Topics : [];
        response.ArrayLength(topics.Count);
        foreach (var topic in topics)
        {
            response.String(topic.Name);
            response.ArrayLength(topic.Partitions.Count);
            foreach (var partition in topic.Partitions)
            {
                int written = WritePartition(version, response, fetch, topic, partition, left, empty);
                left = Math.Max(0, left - written);
                empty &= written == 0;
            }

            response.Tags();
        }

        response.Tags();
    }

    private static FetchRequest Read(ProtocolReader request, short version, Func<string, bool> isAllowed)
    {
        request.Int32();
        int maxWaitMs = request.Int32();
        int minBytes = request.Int32();
        int maxBytes = version >= 3 ? request.Int32() : int.MaxValue;
        bool readCommitted = version >= 4 && request.Int8() == 1;
        int sessionId = version >= 7 ? request.Int32() : 0;
        if (version >= 7) request.Int32();
        var topics = request.Array(topic =>
        {
            string name = topic.String();
            var partitions = topic.Array(partition =>
            {
                int index = partition.Int32();
                int leaderEpoch = version >= 9 ? partition.Int32() : -1;
                long offset = partition.Int64();
                int lastFetchedEpoch = version >= 12 ? partition.Int32() : -1;
                if (version >= 5) partition.Int64();
                int partitionMaxBytes = partition.Int32();
                partition.Tags();
                return new FetchPartition(index, offset, partitionMaxBytes, leaderEpoch, lastFetchedEpoch);
            });
            topic.Tags();
            return new FetchTopic(name, partitions) { IsAllowed = isAllowed(name) };
        });
        if (version >= 7)
        {
            request.Array(static forgotten =>
            {
                forgotten.String();
                forgotten.Array(static partition => partition.Int32());
                forgotten.Tags();
                return 0;
            });
        }

        if (version >= 11) request.String();
        request.Tags();
        return new FetchRequest(maxWaitMs, minBytes, maxBytes, readCommitted, sessionId, topics);
    }

    /// <summary>Returns once there is enough to answer with, at the latest after the time the client allows.</summary>
    private async ValueTask WaitAsync(FetchRequest fetch, CancellationToken disconnected)
    {
        if (fetch.MaxWaitMs <= 0 || fetch.Topics.Count == 0 || IsReady(fetch)) return;

        var patience = TimeSpan.FromMilliseconds(fetch.MaxWaitMs);
        long started = broker.Time.GetTimestamp();
        var waiter = new AppendWaiter();
        var logs = new List<IPartitionLog>();
        foreach (var topic in fetch.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                if (topic.IsAllowed && broker.Topics.FindPartition(topic.Name, partition.Index) is { } log) logs.Add(log);
            }
        }

        try
        {
            foreach (var log in logs) log.AddWaiter(waiter);
            while (true)
            {
                waiter.Reset();
                if (IsReady(fetch)) return;
                var left = patience - broker.Time.GetElapsedTime(started);
                if (left <= TimeSpan.Zero) return;
                await waiter.Signalled.WaitAsync(left, broker.Time, disconnected).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Answered with what there is.
        }
        finally
        {
            foreach (var log in logs) log.RemoveWaiter(waiter);
        }
    }

    private bool IsReady(FetchRequest fetch)
    {
        long available = 0;
        foreach (var topic in fetch.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                var log = broker.Topics.FindPartition(topic.Name, partition.Index);
                if (!topic.IsAllowed) return true;
                var verdict = Check(log, partition, fetch.ReadCommitted);
                if (verdict.Error != ErrorCode.None || verdict.Diverging is not null) return true;
                try
                {
                    available += log!.Available(partition.Offset, Math.Max(0, partition.MaxBytes), verdict.End);
                }
                catch (ObjectDisposedException)
                {
                    return true;
                }

                if (available >= fetch.MinBytes) return true;
            }
        }

        return false;
    }

    private static Verdict Check(IPartitionLog? log, in FetchPartition partition, bool readCommitted)
    {
        if (log is null) return new Verdict(ErrorCode.UnknownTopicOrPartition);
        if (LeaderEpochs.Check(log, partition.LeaderEpoch) is var fenced and not ErrorCode.None) return new Verdict(fenced);
        if (partition.Offset < log.StartOffset || partition.Offset > log.HighWatermark) return new Verdict(ErrorCode.OffsetOutOfRange);
        if (partition.LastFetchedEpoch >= 0)
        {
            var known = log.EndOffsetOf(partition.LastFetchedEpoch);
            if (known.Epoch < 0) return new Verdict(ErrorCode.OffsetOutOfRange);
            if (known.Epoch < partition.LastFetchedEpoch || known.EndOffset < partition.Offset) return new Verdict(ErrorCode.None, partition.Offset, known);
        }

        return new Verdict(ErrorCode.None, readCommitted ? log.LastStableOffset : log.HighWatermark);
    }

    /// <returns>Bytes of records in the answer.</returns>
    private int WritePartition(
        short version, ProtocolWriter response, FetchRequest fetch, FetchTopic topic, FetchPartition partition, int left, bool first)
    {
        var log = broker.Topics.FindPartition(topic.Name, partition.Index);
        var verdict = !topic.IsAllowed ? new Verdict(ErrorCode.TopicAuthorizationFailed)
            : version < 4 ? new Verdict(ErrorCode.UnsupportedForMessageFormat)
            : Check(log, partition, fetch.ReadCommitted);
        LogSlice slice = default;
        if (verdict.Error == ErrorCode.None && verdict.Diverging is null)
        {
            try
            {
                // The answer's first batch is whole even beyond the limits, or a large one would block for ever.
                slice = log!.Slice(partition.Offset, Math.Clamp(partition.MaxBytes, 0, left), firstWhole: first, verdict.End);
            }
            catch (Exception e) when (e is ObjectDisposedException or IOException)
            {
                verdict = new Verdict(e is IOException ? ErrorCode.KafkaStorageError : ErrorCode.UnknownTopicOrPartition);
            }
        }

        bool sound = verdict.Error == ErrorCode.None;
        response.Int32(partition.Index);
        response.Error(verdict.Error);
        response.Int64(sound ? log!.HighWatermark : -1);
        if (version >= 4) response.Int64(!sound ? -1 : fetch.ReadCommitted && verdict.Diverging is null ? verdict.End : log!.LastStableOffset);
        if (version >= 5) response.Int64(sound ? log!.StartOffset : -1);
        if (version >= 4) WriteAborted(response, fetch.ReadCommitted, slice.Region.Length > 0 && fetch.ReadCommitted ? log!.AbortedBetween(partition.Offset, slice.NextOffset) : []);
        if (version >= 11) response.Int32(-1);
        response.Records(slice.Region);
        WriteTags(response, verdict);
        return slice.Region.Length;
    }

    private static void WriteTags(ProtocolWriter response, in Verdict verdict)
    {
        if (verdict.Diverging is not var (epoch, endOffset) || !response.Flexible)
        {
            response.Tags();
            return;
        }

        // One tagged field, number 0, of 13 bytes: epoch, end offset and no tagged fields of its own.
        response.UnsignedVarInt(1);
        response.UnsignedVarInt(0);
        response.UnsignedVarInt(13);
        response.Int32(epoch);
        response.Int64(endOffset);
        response.Tags();
    }

    private static void WriteAborted(ProtocolWriter response, bool readCommitted, IReadOnlyList<AbortedTransaction> aborted)
    {
        if (!readCommitted)
        {
            response.NullArray();
            return;
        }

        response.Array(aborted, static (writer, transaction) =>
        {
            writer.Int64(transaction.ProducerId);
            writer.Int64(transaction.FirstOffset);
            writer.Tags();
        });
    }
}
