using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Network;

/// <summary>Fetch, ListOffsets, OffsetForLeaderEpoch and DeleteRecords field by field.</summary>
public class LogRequestTests
{
    private sealed record Fetched(ErrorCode Error, long HighWatermark, long LastStableOffset, long StartOffset, List<(long, long)>? Aborted, byte[] Records);

    [Fact]
    public async Task A_reader_of_committed_records_gets_what_is_stable_and_the_aborted_transactions_in_it()
    {
        await using var broker = await TestBroker.StartAsync();
        var log = await TopicAsync(broker);
        await AppendAsync(log, Batches.Of([("k", "aborted")], producerId: 7, transactional: true));
        await AppendAsync(log, Batches.One("plain"));
        await log.AppendMarkerAsync(7, 0, commit: false);
        await AppendAsync(log, Batches.Of([("k", "open")], producerId: 8, transactional: true));
        await AppendAsync(log, Batches.One("hidden"));
        using var wire = await WireClient.ConnectAsync(broker.Broker);

        foreach (short version in (short[])[4, 11, 12])
        {
            var committed = await FetchAsync(wire, version, 0, readCommitted: true);
            committed.Error.ShouldBe(ErrorCode.None);
            committed.HighWatermark.ShouldBe(5);
            committed.LastStableOffset.ShouldBe(3);
            committed.Aborted.ShouldBe([(7, 0)]);
            LastOffset(committed.Records).ShouldBe(2);

            var all = await FetchAsync(wire, version, 0, readCommitted: false);
            all.LastStableOffset.ShouldBe(3);
            all.Aborted.ShouldBeNull();
            LastOffset(all.Records).ShouldBe(4);

            var waiting = await FetchAsync(wire, version, 3, readCommitted: true);
            waiting.Error.ShouldBe(ErrorCode.None);
            waiting.Records.ShouldBeEmpty();
            waiting.Aborted.ShouldBe([]);
        }
    }

    [Fact]
    public async Task A_fetch_of_committed_records_waits_for_the_marker_not_for_the_records()
    {
        await using var broker = await TestBroker.StartAsync();
        var log = await TopicAsync(broker);
        await AppendAsync(log, Batches.Of([("k", "open")], producerId: 8, transactional: true));
        using var wire = await WireClient.ConnectAsync(broker.Broker);
        var fetch = FetchAsync(wire, 12, 0, readCommitted: true, maxWaitMs: 60_000);
        await AppendAsync(log, Batches.One("hidden"));
        await Task.Delay(100, TestContext.Current.CancellationToken);
        fetch.IsCompleted.ShouldBeFalse();

        await log.AppendMarkerAsync(8, 0, commit: true);

        LastOffset((await fetch).Records).ShouldBe(2);
    }

    [Fact]
    public async Task A_client_of_another_leader_epoch_is_told_so()
    {
        await using var broker = await TestBroker.StartAsync();
        await AppendAsync(await TopicAsync(broker), Batches.One("first"));
        await broker.RestartAsync();
        var log = broker.Broker.State.Topics.FindPartition("t", 0)!;
        log.LeaderEpoch.ShouldBe(1);
        await AppendAsync(log, Batches.One("second"));
        using var wire = await WireClient.ConnectAsync(broker.Broker);

        (await FetchAsync(wire, 12, 0, leaderEpoch: 0)).Error.ShouldBe(ErrorCode.FencedLeaderEpoch);
        (await FetchAsync(wire, 12, 0, leaderEpoch: 2)).Error.ShouldBe(ErrorCode.UnknownLeaderEpoch);
        LastOffset((await FetchAsync(wire, 12, 0, leaderEpoch: 1)).Records).ShouldBe(1);
        (await ListAsync(wire, 7, -1, leaderEpoch: 0)).Error.ShouldBe(ErrorCode.FencedLeaderEpoch);
        (await ListAsync(wire, 7, -1, leaderEpoch: 1)).ShouldBe((ErrorCode.None, -1, 2, 1));

        foreach (short version in (short[])[0, 1, 2, 3, 4])
        {
            (await EpochEndAsync(wire, version, 0)).ShouldBe((ErrorCode.None, version == 0 ? -2 : 0, 1));
            (await EpochEndAsync(wire, version, 1)).ShouldBe((ErrorCode.None, version == 0 ? -2 : 1, 2));
            (await EpochEndAsync(wire, version, 5)).ShouldBe((ErrorCode.None, version == 0 ? -2 : -1, -1));
        }

        // What the reader has beyond the end of its last epoch is not what the log has.
        var diverging = await FetchAsync(wire, 12, 2, leaderEpoch: 1, lastFetchedEpoch: 0);
        diverging.Records.ShouldBeEmpty();
        diverging.HighWatermark.ShouldBe(2);
    }

    [Fact]
    public async Task Offsets_are_listed_by_isolation_level_and_in_the_oldest_form()
    {
        await using var broker = await TestBroker.StartAsync();
        var log = await TopicAsync(broker, ("segment.bytes", "1024"));
        for (int i = 0; i < 30; i++) await AppendAsync(log, Batches.Of([("k", new string('x', 60))], timestampMs: 1_000 * (i + 1)));
        await AppendAsync(log, Batches.Of([("k", "open")], timestampMs: 99_000, producerId: 8, transactional: true));
        using var wire = await WireClient.ConnectAsync(broker.Broker);

        foreach (short version in (short[])[1, 2, 4, 6, 7])
        {
            int epoch = version >= 4 ? 0 : -2;
            (await ListAsync(wire, version, -1)).ShouldBe((ErrorCode.None, -1, 31, epoch));
            if (version >= 2) (await ListAsync(wire, version, -1, readCommitted: true)).ShouldBe((ErrorCode.None, -1, 30, epoch));
            (await ListAsync(wire, version, -2)).ShouldBe((ErrorCode.None, -1, 0, epoch));
            (await ListAsync(wire, version, -3)).ShouldBe((ErrorCode.None, 99_000, 30, epoch));
            (await ListAsync(wire, version, 5_500)).ShouldBe((ErrorCode.None, 6_000, 5, epoch));
            if (version >= 2) (await ListAsync(wire, version, 99_000, readCommitted: true)).ShouldBe((ErrorCode.None, -1, -1, version >= 4 ? -1 : -2));
        }

        var starts = log.SegmentOffsets.Select(segment => segment.Offset).Reverse().ToList();
        (await ListOldAsync(wire, -1, 100)).ShouldBe([31, .. starts]);
        (await ListOldAsync(wire, -1, 2)).ShouldBe([31, starts[0]]);
        (await ListOldAsync(wire, -2, 5)).ShouldBe([0]);
        (await ListOldAsync(wire, log.SegmentOffsets[1].TimestampMs, 5)).ShouldBe([log.SegmentOffsets[1].Offset, 0]);
    }

    [Fact]
    public async Task Deleted_records_are_out_of_range()
    {
        await using var broker = await TestBroker.StartAsync();
        var log = await TopicAsync(broker);
        await AppendAsync(log, Batches.Of([("k", "0"), ("k", "1"), ("k", "2")]));
        using var wire = await WireClient.ConnectAsync(broker.Broker);
        foreach (short version in (short[])[0, 2])
        {
            await wire.SendAsync(WireClient.Request(ApiKey.DeleteRecords, version, 3, writer =>
            {
                writer.ArrayLength(1);
                writer.String("t");
                writer.ArrayLength(2);
                foreach (int partition in (int[])[0, 9])
                {
                    writer.Int32(partition);
                    writer.Int64(1);
                    writer.Tags();
                }

                writer.Tags();
                writer.Int32(1_000);
                writer.Tags();
            }, flexible: version == 2));
            var answer = Body(await wire.ReceiveAsync(), flexible: version == 2);
            answer.Int32();
            answer.Array(topic =>
            {
                topic.String().ShouldBe("t");
                var partitions = topic.Array(partition =>
                {
                    var read = (partition.Int32(), partition.Int64(), (ErrorCode)partition.Int16());
                    partition.Tags();
                    return read;
                });
                topic.Tags();
                return partitions;
            })[0].ShouldBe([(0, 1, ErrorCode.None), (9, -1, ErrorCode.UnknownTopicOrPartition)]);
        }

        (await FetchAsync(wire, 12, 0)).Error.ShouldBe(ErrorCode.OffsetOutOfRange);
        var fetched = await FetchAsync(wire, 12, 1);
        fetched.StartOffset.ShouldBe(1);
        LastOffset(fetched.Records).ShouldBe(2);
        (await ListAsync(wire, 7, -2)).Offset.ShouldBe(1);
    }

    [Fact]
    public async Task Partitions_of_one_request_wait_for_the_disk_together_and_are_answered_in_order()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { Flush = FlushPolicy.Fsync });
        await broker.Broker.State.Topics.CreateAsync("t", 20, new Dictionary<string, string>());
        using var wire = await WireClient.ConnectAsync(broker.Broker);
        await wire.SendAsync(WireClient.Request(ApiKey.Produce, 7, 5, writer =>
        {
            writer.NullableString(null);
            writer.Int16(-1);
            writer.Int32(1_000);
            writer.ArrayLength(1);
            writer.String("t");
            writer.ArrayLength(21);
            for (int p = 0; p < 21; p++)
            {
                writer.Int32(p);
                writer.Bytes(p == 5 ? new byte[70] : Batches.One($"value {p}"));
            }
        }));

        var answer = Body(await wire.ReceiveAsync(), flexible: false);
        var partitions = answer.Array(topic =>
        {
            topic.String();
            return topic.Array(partition => (Index: partition.Int32(), Error: (ErrorCode)partition.Int16(), Offset: partition.Int64(), Time: partition.Int64(), Start: partition.Int64()));
        })[0];
        partitions.Select(partition => partition.Index).ShouldBe(Enumerable.Range(0, 21));
        partitions.Where(partition => partition.Error == ErrorCode.None).Count().ShouldBe(19);
        partitions[5].Error.ShouldBe(ErrorCode.UnsupportedForMessageFormat);
        partitions[20].Error.ShouldBe(ErrorCode.UnknownTopicOrPartition);
        for (int p = 0; p < 20; p++) broker.Broker.State.Topics.FindPartition("t", p)!.HighWatermark.ShouldBe(p == 5 ? 0 : 1);
    }

    private static long LastOffset(byte[] records)
    {
        long last = -1;
        for (int at = 0; at < records.Length;)
        {
            var header = RecordBatchHeader.Read(records.AsSpan(at));
            last = header.LastOffset;
            at += (int)header.TotalBytes;
        }

        return last;
    }

    private static async Task<IPartitionLog> TopicAsync(TestBroker broker, params (string Key, string Value)[] settings)
    {
        var (_, topic) = await broker.Broker.State.Topics.CreateAsync("t", 1, settings.ToDictionary(setting => setting.Key, setting => setting.Value));
        return topic!.Partitions[0];
    }

    private static async Task AppendAsync(IPartitionLog log, byte[] batch) => (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.None);

    private static ProtocolReader Body(byte[]? frame, bool flexible)
    {
        var reader = new ProtocolReader(frame.ShouldNotBeNull());
        reader.Int32();
        reader.Flexible = flexible;
        reader.Tags();
        return reader;
    }

    private static async Task<Fetched> FetchAsync(
        WireClient wire, short version, long offset, bool readCommitted = false, int leaderEpoch = -1, int lastFetchedEpoch = -1, int maxWaitMs = 0)
    {
        await wire.SendAsync(WireClient.Request(ApiKey.Fetch, version, 3, writer =>
        {
            writer.Int32(-1);
            writer.Int32(maxWaitMs);
            writer.Int32(1);
            writer.Int32(1 << 20);
            writer.Int8(readCommitted ? (sbyte)1 : (sbyte)0);
            if (version >= 7) writer.Int32(0);
            if (version >= 7) writer.Int32(-1);
            writer.ArrayLength(1);
            writer.String("t");
            writer.ArrayLength(1);
            writer.Int32(0);
            if (version >= 9) writer.Int32(leaderEpoch);
            writer.Int64(offset);
            if (version >= 12) writer.Int32(lastFetchedEpoch);
            if (version >= 5) writer.Int64(-1);
            writer.Int32(1 << 20);
            writer.Tags();
            writer.Tags();
            if (version >= 7) writer.ArrayLength(0);
            if (version >= 11) writer.String("");
            writer.Tags();
        }, flexible: version >= 12));
        var answer = Body(await wire.ReceiveAsync(), flexible: version >= 12);
        answer.Int32();
        if (version >= 7) answer.Int16();
        if (version >= 7) answer.Int32();
        var fetched = answer.Array(topic =>
        {
            topic.String();
            var partitions = topic.Array(partition =>
            {
                partition.Int32();
                var error = (ErrorCode)partition.Int16();
                long highWatermark = partition.Int64();
                long stable = partition.Int64();
                long start = version >= 5 ? partition.Int64() : -1;
                var aborted = partition.NullableArray(transaction =>
                {
                    var read = (transaction.Int64(), transaction.Int64());
                    transaction.Tags();
                    return read;
                });
                if (version >= 11) partition.Int32();
                byte[] records = partition.NullableBytes()?.ToArray() ?? [];
                partition.Tags();
                return new Fetched(error, highWatermark, stable, start, aborted, records);
            });
            topic.Tags();
            return partitions[0];
        })[0];
        answer.Tags();
        answer.Remaining.ShouldBe(0);
        return fetched;
    }

    private static async Task<(ErrorCode Error, long Timestamp, long Offset, int LeaderEpoch)> ListAsync(
        WireClient wire, short version, long timestamp, bool readCommitted = false, int leaderEpoch = -1)
    {
        await wire.SendAsync(List(version, timestamp, readCommitted, leaderEpoch, 0));
        var answer = Body(await wire.ReceiveAsync(), flexible: version >= 6);
        if (version >= 2) answer.Int32();
        var listed = answer.Array(topic =>
        {
            topic.String();
            var partitions = topic.Array(partition =>
            {
                partition.Int32();
                var read = ((ErrorCode)partition.Int16(), partition.Int64(), partition.Int64(), version >= 4 ? partition.Int32() : -2);
                partition.Tags();
                return read;
            });
            topic.Tags();
            return partitions[0];
        })[0];
        answer.Tags();
        answer.Remaining.ShouldBe(0);
        return listed;
    }

    private static async Task<List<long>> ListOldAsync(WireClient wire, long timestamp, int maxOffsets)
    {
        await wire.SendAsync(List(0, timestamp, readCommitted: false, -1, maxOffsets));
        var answer = Body(await wire.ReceiveAsync(), flexible: false);
        return answer.Array(topic =>
        {
            topic.String();
            return topic.Array(partition =>
            {
                partition.Int32();
                ((ErrorCode)partition.Int16()).ShouldBe(ErrorCode.None);
                return partition.Array(offset => offset.Int64());
            })[0];
        })[0];
    }

    private static byte[] List(short version, long timestamp, bool readCommitted, int leaderEpoch, int maxOffsets) => WireClient.Request(ApiKey.ListOffsets, version, 3, writer =>
    {
        writer.Int32(-1);
        if (version >= 2) writer.Int8(readCommitted ? (sbyte)1 : (sbyte)0);
        writer.ArrayLength(1);
        writer.String("t");
        writer.ArrayLength(1);
        writer.Int32(0);
        if (version >= 4) writer.Int32(leaderEpoch);
        writer.Int64(timestamp);
        if (version == 0) writer.Int32(maxOffsets);
        writer.Tags();
        writer.Tags();
        writer.Tags();
    }, flexible: version >= 6);

    private static async Task<(ErrorCode Error, int Epoch, long EndOffset)> EpochEndAsync(WireClient wire, short version, int epoch)
    {
        await wire.SendAsync(WireClient.Request(ApiKey.OffsetForLeaderEpoch, version, 3, writer =>
        {
            if (version >= 3) writer.Int32(-1);
            writer.ArrayLength(1);
            writer.String("t");
            writer.ArrayLength(1);
            writer.Int32(0);
            if (version >= 2) writer.Int32(-1);
            writer.Int32(epoch);
            writer.Tags();
            writer.Tags();
            writer.Tags();
        }, flexible: version >= 4));
        var answer = Body(await wire.ReceiveAsync(), flexible: version >= 4);
        if (version >= 2) answer.Int32();
        return answer.Array(topic =>
        {
            topic.String();
            var partitions = topic.Array(partition =>
            {
                var error = (ErrorCode)partition.Int16();
                partition.Int32();
                var read = (error, version >= 1 ? partition.Int32() : -2, partition.Int64());
                partition.Tags();
                return read;
            });
            topic.Tags();
            return partitions[0];
        })[0];
    }
}
