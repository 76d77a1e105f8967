using Mesh.Broker.Protocol;
using Mesh.Broker.Transactions;

namespace Mesh.Broker.Tests.Transactions;

public class TransactionCoordinatorTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true, FlushPolicy.PageCache)]
    [InlineData(false, FlushPolicy.PageCache)]
    [InlineData(true, FlushPolicy.Fsync)]
    [InlineData(false, FlushPolicy.Fsync)]
    public async Task The_end_of_a_transaction_reaches_every_partition_and_the_groups_offsets_once(bool commit, FlushPolicy flush)
    {
        await using var bench = await CoordinatorBench.OpenAsync(flush);
        var producer = await bench.BeginAsync();
        bench.Offsets.Find("g", "t", 0).ShouldBeNull();
        bench.Offsets.IsPending("g", "t", 0).ShouldBeTrue();

        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, commit)).ShouldBe(ErrorCode.None);
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, commit)).ShouldBe(ErrorCode.None, "the answer may have got lost");

        bench.Logs.Values.ShouldAllBe(log => log.Markers.Single() == new Marker(producer.ProducerId, producer.Epoch, commit));
        (bench.Offsets.Find("g", "t", 0)?.Offset).ShouldBe(commit ? 5 : null);
        bench.Offsets.IsPending("g", "t", 0).ShouldBeFalse();
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, !commit)).ShouldBe(ErrorCode.InvalidTxnState);
    }

    [Fact]
    public async Task A_transaction_that_was_never_begun_cannot_be_ended()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.Coordinator.InitAsync("tx", Minute, -1, -1);

        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.InvalidTxnState);
        (await bench.Coordinator.EndAsync("other", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.InvalidProducerIdMapping);
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId + 1, producer.Epoch, true)).ShouldBe(ErrorCode.InvalidProducerIdMapping);
        (await bench.Coordinator.EndAsync("", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task A_second_producer_of_the_same_id_aborts_the_firsts_transaction_and_fences_it()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var zombie = await bench.BeginAsync();
        var heir = await bench.Coordinator.InitAsync("tx", Minute, -1, -1);

        heir.ProducerId.ShouldBe(zombie.ProducerId);
        heir.Epoch.ShouldBe((short)(zombie.Epoch + 2), "the abort has an epoch of its own");
        bench.Logs.Values.ShouldAllBe(log => log.Markers.Single() == new Marker(zombie.ProducerId, (short)(zombie.Epoch + 1), false));
        bench.Offsets.IsPending("g", "t", 0).ShouldBeFalse();
        (await bench.Coordinator.EndAsync("tx", zombie.ProducerId, zombie.Epoch, true)).ShouldBe(ErrorCode.ProducerFenced);
        (await bench.Coordinator.AddPartitionsAsync("tx", zombie.ProducerId, zombie.Epoch, [CoordinatorBench.First])).ShouldBe(ErrorCode.ProducerFenced);
        (await bench.Coordinator.AddGroupAsync("tx", zombie.ProducerId, zombie.Epoch, "g")).ShouldBe(ErrorCode.ProducerFenced);
        (await bench.Coordinator.InitAsync("tx", Minute, zombie.ProducerId, zombie.Epoch)).Error.ShouldBe(ErrorCode.ProducerFenced);
        (await bench.Coordinator.AddPartitionsAsync("tx", heir.ProducerId, heir.Epoch, [CoordinatorBench.First])).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task Only_what_belongs_to_the_ongoing_transaction_is_admitted()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.Coordinator.InitAsync("tx", Minute, -1, -1);
        ErrorCode Enter(long id, short epoch, TopicPartition partition)
        {
            var error = bench.Coordinator.Enter("tx", id, epoch, partition, out var admitted);
            if (error == ErrorCode.None) admitted!.Leave();
            return error;
        }

        Enter(producer.ProducerId, producer.Epoch, CoordinatorBench.First).ShouldBe(ErrorCode.InvalidTxnState);
        await bench.Coordinator.AddPartitionsAsync("tx", producer.ProducerId, producer.Epoch, [CoordinatorBench.First]);
        Enter(producer.ProducerId, producer.Epoch, CoordinatorBench.First).ShouldBe(ErrorCode.None);
        Enter(producer.ProducerId, producer.Epoch, CoordinatorBench.Second).ShouldBe(ErrorCode.InvalidTxnState);
        Enter(producer.ProducerId, (short)(producer.Epoch + 1), CoordinatorBench.First).ShouldBe(ErrorCode.InvalidProducerEpoch);
        Enter(producer.ProducerId + 1, producer.Epoch, CoordinatorBench.First).ShouldBe(ErrorCode.InvalidProducerIdMapping);
        bench.Coordinator.Enter("other", producer.ProducerId, producer.Epoch, CoordinatorBench.First, out _).ShouldBe(ErrorCode.InvalidProducerIdMapping);
        bench.Coordinator.Enter("tx", producer.ProducerId, producer.Epoch, "g", out _).ShouldBe(ErrorCode.InvalidTxnState);
        await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true);
        Enter(producer.ProducerId, producer.Epoch, CoordinatorBench.First).ShouldBe(ErrorCode.InvalidTxnState);
    }

    [Fact]
    public async Task The_marker_waits_for_writes_that_were_admitted_and_admits_no_more()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync();
        bench.Coordinator.Enter("tx", producer.ProducerId, producer.Epoch, CoordinatorBench.First, out var writing).ShouldBe(ErrorCode.None);

        var ending = bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true).AsTask();
        while (bench.Coordinator.Enter("tx", producer.ProducerId, producer.Epoch, CoordinatorBench.First, out var more) == ErrorCode.None) more!.Leave();
        ending.IsCompleted.ShouldBeFalse();
        bench.Logs[CoordinatorBench.First].Markers.ShouldBeEmpty();
        writing!.Leave();

        (await ending).ShouldBe(ErrorCode.None);
        bench.Logs[CoordinatorBench.First].Markers.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_producer_that_asks_for_a_new_epoch_gets_it_and_the_same_when_it_asks_again()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.Coordinator.InitAsync("tx", Minute, -1, -1);
        var raised = await bench.Coordinator.InitAsync("tx", Minute, producer.ProducerId, producer.Epoch);
        var again = await bench.Coordinator.InitAsync("tx", Minute, producer.ProducerId, producer.Epoch);

        raised.ShouldBe(new ProducerIdentity(ErrorCode.None, producer.ProducerId, (short)(producer.Epoch + 1)));
        again.ShouldBe(raised);

        // Another producer takes over: the first may not come back with its old epoch.
        await bench.Coordinator.InitAsync("tx", Minute, -1, -1);
        (await bench.Coordinator.InitAsync("tx", Minute, raised.ProducerId, raised.Epoch)).Error.ShouldBe(ErrorCode.ProducerFenced);
    }

    [Fact]
    public async Task When_the_epochs_run_out_a_new_producer_id_goes_on()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var last = await bench.Coordinator.InitAsync("tx", Minute, -1, -1);
        while (last.Epoch < short.MaxValue - 1) last = await bench.Coordinator.InitAsync("tx", Minute, -1, -1);
        var rotated = await bench.Coordinator.InitAsync("tx", Minute, last.ProducerId, last.Epoch);

        rotated.Error.ShouldBe(ErrorCode.None);
        rotated.ProducerId.ShouldNotBe(last.ProducerId);
        rotated.Epoch.ShouldBe((short)0);
        (await bench.Coordinator.InitAsync("tx", Minute, last.ProducerId, last.Epoch)).ShouldBe(rotated);
        (await bench.Coordinator.EndAsync("tx", last.ProducerId, last.Epoch, true)).ShouldBe(ErrorCode.InvalidProducerIdMapping);
    }

    [Fact]
    public async Task A_timeout_beyond_the_brokers_is_refused()
    {
        await using var bench = await CoordinatorBench.OpenAsync();

        (await bench.Coordinator.InitAsync("tx", TimeSpan.FromMinutes(15) + TimeSpan.FromMilliseconds(1), -1, -1)).Error.ShouldBe(ErrorCode.InvalidTransactionTimeout);
        (await bench.Coordinator.InitAsync("tx", TimeSpan.Zero, -1, -1)).Error.ShouldBe(ErrorCode.InvalidTransactionTimeout);
        (await bench.Coordinator.InitAsync("", Minute, -1, -1)).Error.ShouldBe(ErrorCode.InvalidRequest);
        (await bench.Coordinator.InitAsync("tx", TimeSpan.FromMinutes(15), -1, -1)).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task A_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync();
        bench.Time.Advance(TimeSpan.FromSeconds(59));
        await bench.Coordinator.SweepAsync();
        bench.Logs[CoordinatorBench.First].Markers.ShouldBeEmpty();

        bench.Time.Advance(TimeSpan.FromSeconds(2));
        await bench.Coordinator.SweepAsync();

        bench.Logs.Values.ShouldAllBe(log => log.Markers.Single() == new Marker(producer.ProducerId, (short)(producer.Epoch + 1), false));
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.ProducerFenced);
        bench.Offsets.Find("g", "t", 0).ShouldBeNull();
        (await bench.Coordinator.InitAsync("tx", Minute, -1, -1)).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task The_sweep_runs_by_itself_on_the_brokers_clock()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        await bench.BeginAsync();
        bench.Coordinator.StartSweeping();
        for (long end = Environment.TickCount64 + 30_000; bench.Logs[CoordinatorBench.First].Markers.Count == 0 && Environment.TickCount64 < end; await Task.Yield())
        {
            bench.Time.Advance(TimeSpan.FromSeconds(10));
        }

        bench.Logs[CoordinatorBench.First].Markers.Single().Commit.ShouldBeFalse();
    }

    [Fact]
    public async Task An_id_that_nobody_used_for_a_week_is_forgotten_also_after_a_restart()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync();
        await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true);
        bench.Time.Advance(TimeSpan.FromDays(7));
        await bench.Coordinator.SweepAsync();
        bench.Coordinator.Find("tx").ShouldNotBeNull();
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        await bench.Coordinator.SweepAsync();

        bench.Coordinator.Find("tx").ShouldBeNull();
        await bench.OpenAgainAsync();
        bench.Coordinator.Find("tx").ShouldBeNull();
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.InvalidProducerIdMapping);
        (await bench.Coordinator.InitAsync("tx", Minute, producer.ProducerId, producer.Epoch)).ProducerId.ShouldNotBe(producer.ProducerId);
    }

    [Fact]
    public async Task A_decided_commit_is_carried_out_once_the_disk_has_room_again()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync();
        bench.Logs[CoordinatorBench.Second].DiskFull = true;
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.None, "it is decided");
        bench.Offsets.Find("g", "t", 0).ShouldBeNull();
        (await bench.Coordinator.AddPartitionsAsync("tx", producer.ProducerId, producer.Epoch, [CoordinatorBench.First])).ShouldBe(ErrorCode.ConcurrentTransactions);
        (await bench.Coordinator.InitAsync("tx", Minute, -1, -1)).Error.ShouldBe(ErrorCode.ConcurrentTransactions);
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, false)).ShouldBe(ErrorCode.InvalidTxnState);

        bench.Logs[CoordinatorBench.Second].DiskFull = false;
        await bench.Coordinator.SweepAsync();

        bench.Logs[CoordinatorBench.Second].Markers.Single().Commit.ShouldBeTrue();
        bench.Offsets.Find("g", "t", 0)!.Value.Offset.ShouldBe(5);
        (await bench.Coordinator.AddPartitionsAsync("tx", producer.ProducerId, producer.Epoch, [CoordinatorBench.First])).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task A_deleted_topic_does_not_hold_up_the_end_of_its_transactions()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync();
        bench.Logs.Remove(CoordinatorBench.Second);

        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.None);
        bench.Coordinator.Find("tx")!.State.ShouldBe(TransactionState.CompleteCommit);
    }

    [Fact]
    public async Task Many_transactions_at_once_each_end_as_their_producer_said()
    {
        await using var bench = await CoordinatorBench.OpenAsync(FlushPolicy.Fsync);
        var ends = Enumerable.Range(0, 20).Select(async i =>
        {
            string id = $"tx-{i}";
            var producer = await bench.Coordinator.InitAsync(id, Minute, -1, -1);
            for (int round = 0; round < 5; round++)
            {
                (await bench.Coordinator.AddPartitionsAsync(id, producer.ProducerId, producer.Epoch, [CoordinatorBench.First])).ShouldBe(ErrorCode.None);
                (await bench.Coordinator.EndAsync(id, producer.ProducerId, producer.Epoch, i % 2 == 0)).ShouldBe(ErrorCode.None);
            }

            return (producer.ProducerId, Commit: i % 2 == 0);
        });

        foreach (var (producerId, commit) in await Task.WhenAll(ends))
        {
            bench.Logs[CoordinatorBench.First].Markers.Where(marker => marker.ProducerId == producerId).Select(marker => marker.Commit).ShouldBe(Enumerable.Repeat(commit, 5));
        }
    }
}
