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

    private sealed record FetchTopic(string Name, List<FetchPartition> Partitions);

    private sealed record FetchRequest(int MaxWaitMs, int MinBytes, int MaxBytes, bool ReadCommitted, int SessionId, List<FetchTopic> Topics);

    public override async ValueTask HandleAsync(RequestContext context, ProtocolReader request, ProtocolWriter response)
    {
        short version = context.Version;
        var fetch = Read(request, version);
        var error = fetch.SessionId == 0 ? ErrorCode.None : ErrorCode.FetchSessionIdNotFound;
        if (version >= 4 && error == ErrorCode.None) await WaitAsync(fetch, context.Disconnected).ConfigureAwait(false);

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
                int written = await WritePartitionAsync(context, response, fetch, topic.Name, partition, left, empty).ConfigureAwait(false);
                left = Math.Max(0, left - written);
                empty &= written == 0;
            }

            response.Tags();
        }

        response.Tags();
    }

    private static FetchRequest Read(ProtocolReader request, short version)
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
            return new FetchTopic(name, partitions);
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
        if (fetch.MaxWaitMs <= 0 || fetch.Topics.Count == 0 || await IsReadyAsync(fetch).ConfigureAwait(false)) return;

        var patience = TimeSpan.FromMilliseconds(fetch.MaxWaitMs);
        long started = broker.Time.GetTimestamp();
        var waiter = new AppendWaiter();
        var logs = new List<IPartitionLog>();
        foreach (var topic in fetch.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                if (broker.Topics.FindPartition(topic.Name, partition.Index) is { } log) logs.Add(log);
            }
        }

        try
        {
            foreach (var log in logs) log.AddWaiter(waiter);
            while (true)
            {
                waiter.Reset();
                if (await IsReadyAsync(fetch).ConfigureAwait(false)) return;
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

    private async ValueTask<bool> IsReadyAsync(FetchRequest fetch)
    {
        long available = 0;
        foreach (var topic in fetch.Topics)
        {
            foreach (var partition in topic.Partitions)
            {
                var log = broker.Topics.FindPartition(topic.Name, partition.Index);
                var verdict = Check(log, partition, fetch.ReadCommitted);
                if (verdict.Error != ErrorCode.None || verdict.Diverging is not null) return true;
                try
                {
                    available += await log!.AvailableAsync(partition.Offset, Math.Max(0, partition.MaxBytes), verdict.End).ConfigureAwait(false);
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

    /// <returns>Bytes of records written.</returns>
    private async ValueTask<int> WritePartitionAsync(
        RequestContext context, ProtocolWriter response, FetchRequest fetch, string topic, FetchPartition partition, int left, bool first)
    {
        short version = context.Version;
        var log = broker.Topics.FindPartition(topic, partition.Index);
        var verdict = version < 4 ? new Verdict(ErrorCode.UnsupportedForMessageFormat) : Check(log, partition, fetch.ReadCommitted);
        int room = 0;
        if (verdict.Error == ErrorCode.None)
        {
            try
            {
                room = await RoomAsync(context, log!, partition, verdict.End, left, first).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException or IOException)
            {
                verdict = new Verdict(e is IOException ? ErrorCode.KafkaStorageError : ErrorCode.UnknownTopicOrPartition);
            }
        }

        bool sound = verdict.Error == ErrorCode.None;

        // The end was settled before: what becomes visible after is for the next request, whose aborted transactions then include it.
        var aborted = sound && fetch.ReadCommitted && room > 0 ? log!.AbortedBetween(partition.Offset, verdict.End) : [];
        response.Int32(partition.Index);
        response.Error(verdict.Error);
        response.Int64(sound ? log!.HighWatermark : -1);
        if (version >= 4) response.Int64(!sound ? -1 : fetch.ReadCommitted && verdict.Diverging is null ? verdict.End : log!.LastStableOffset);
        if (version >= 5) response.Int64(sound ? log!.StartOffset : -1);
        if (version < 4 || aborted.Count == 0)
        {
            if (version >= 4) WriteAborted(response, fetch.ReadCommitted, aborted);
            if (version >= 11) response.Int32(-1);
            return await WriteRecordsAsync(response, log, partition, verdict, room).ConfigureAwait(false);
        }

        // Which of them concern the answer is known only once its records are read.
        using var records = new PooledBytes(room);
        records.Length = await ReadAsync(log!, partition.Offset, records.Room[..room], verdict.End).ConfigureAwait(false);
        WriteAborted(response, readCommitted: true, log!.AbortedBetween(partition.Offset, EndOf(records.Span, partition.Offset)));
        if (version >= 11) response.Int32(-1);
        records.Memory.CopyTo(response.BeginRecords(records.Length));
        response.EndRecords(records.Length);
        response.Tags();
        return records.Length;
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

    private static async ValueTask<int> WriteRecordsAsync(ProtocolWriter response, IPartitionLog? log, FetchPartition partition, Verdict verdict, int room)
    {
        var destination = response.BeginRecords(room);
        int read = room > 0 ? await ReadAsync(log!, partition.Offset, destination, verdict.End).ConfigureAwait(false) : 0;
        response.EndRecords(read);
        if (verdict.Diverging is not var (epoch, endOffset) || !response.Flexible)
        {
            response.Tags();
            return read;
        }

        // One tagged field, number 0, of 13 bytes: epoch, end offset and no tagged fields of its own.
        response.UnsignedVarInt(1);
        response.UnsignedVarInt(0);
        response.UnsignedVarInt(13);
        response.Int32(epoch);
        response.Int64(endOffset);
        response.Tags();
        return read;
    }

    private static async ValueTask<int> ReadAsync(IPartitionLog log, long offset, Memory<byte> destination, long end)
    {
        try
        {
            return await log.ReadAsync(offset, destination, end).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ObjectDisposedException or IOException)
        {
            // Deleted just now: nothing is read, and the next request learns why.
            return 0;
        }
    }

    /// <summary>Offset after the last of some whole batches.</summary>
    private static long EndOf(ReadOnlySpan<byte> batches, long otherwise)
    {
        while (!batches.IsEmpty)
        {
            var header = RecordBatchHeader.Read(batches);
            otherwise = header.NextOffset;
            batches = batches[(int)header.TotalBytes..];
        }

        return otherwise;
    }

    /// <summary>Bytes to read: what is there, within the limits; the answer's first batch even beyond them, or a large one would block for ever.</summary>
    private async ValueTask<int> RoomAsync(RequestContext context, IPartitionLog log, FetchPartition partition, long end, int left, bool first)
    {
        long limit = Math.Clamp(partition.MaxBytes, 0, left);
        int room = (int)await log.AvailableAsync(partition.Offset, limit, end).ConfigureAwait(false);
        if (room > 0 && !TakeMemory(context, room)) room = 0;

        // Everything that is there fits: then the first batch is whole.
        if (!first || partition.Offset >= end || (room > 0 && room < limit)) return room;
        int batch = await log.BatchBytesAtAsync(partition.Offset).ConfigureAwait(false);
        return Math.Max(room, batch);
    }

    private bool TakeMemory(RequestContext context, long bytes)
    {
        if (!broker.Memory.TryTake(bytes)) return false;
        context.BudgetTaken += bytes;
        return true;
    }
}
