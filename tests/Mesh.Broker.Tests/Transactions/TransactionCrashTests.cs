using Mesh.Broker.Protocol;
using Mesh.Broker.Transactions;

namespace Mesh.Broker.Tests.Transactions;

/// <summary>The broker is killed between any two writes: what is in the files then is all it has.</summary>
public class TransactionCrashTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Wherever_the_log_of_transactions_ends_the_transaction_is_committed_everywhere_or_nowhere(bool commit)
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync();
        long begun = new FileInfo(bench.TransactionsFile).Length;
        foreach (var log in bench.Logs.Values) log.DiskFull = true;
        await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, commit);
        byte[] decided = await File.ReadAllBytesAsync(bench.TransactionsFile, TestContext.Current.CancellationToken);
        decided.LongLength.ShouldBeGreaterThan(begun);
        foreach (var log in bench.Logs.Values) log.DiskFull = false;

        for (long length = begun; length <= decided.LongLength; length += 7)
        {
            foreach (var log in bench.Logs.Values) log.Markers.Clear();
            await File.WriteAllBytesAsync(bench.TransactionsFile, decided[..(int)length], TestContext.Current.CancellationToken);
            await bench.OpenAgainAsync();

            bench.Coordinator.Find("tx")!.State.ShouldBe(TransactionState.Ongoing, $"the decision is cut at byte {length}");
            bench.Logs.Values.ShouldAllBe(log => log.Markers.Count == 0);
            bench.Offsets.IsPending("g", "t", 0).ShouldBeTrue();
        }

        await File.WriteAllBytesAsync(bench.TransactionsFile, decided, TestContext.Current.CancellationToken);
        await bench.OpenAgainAsync();
        bench.Coordinator.Find("tx")!.State.ShouldBe(commit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort);
        bench.Logs.Values.ShouldAllBe(log => log.Markers.Single().Commit == commit);
        (bench.Offsets.Find("g", "t", 0)?.Offset).ShouldBe(commit ? 5 : null);
    }

    [Fact]
    public async Task A_broker_killed_after_the_first_of_two_markers_writes_the_other_at_its_start()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync();
        bench.Logs[CoordinatorBench.Second].DiskFull = true;
        await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true);
        bench.Logs[CoordinatorBench.Second].DiskFull = false;

        await bench.OpenAgainAsync();

        bench.Logs[CoordinatorBench.Second].Markers.Single().Commit.ShouldBeTrue();
        bench.Offsets.Find("g", "t", 0)!.Value.Offset.ShouldBe(5);

        // What was done before the kill is done again; a real log has no transaction open there any more and writes nothing.
        bench.Logs[CoordinatorBench.First].Markers.ShouldAllBe(marker => marker.Commit);
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.None);
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, false)).ShouldBe(ErrorCode.InvalidTxnState);
    }

    [Fact]
    public async Task An_ongoing_transaction_survives_a_kill_and_can_be_finished_or_runs_out_of_time()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync();
        await bench.OpenAgainAsync();
        bench.Coordinator.Enter("tx", producer.ProducerId, producer.Epoch, CoordinatorBench.First, out var admitted).ShouldBe(ErrorCode.None);
        admitted!.Leave();
        (await bench.Coordinator.EndAsync("tx", producer.ProducerId, producer.Epoch, true)).ShouldBe(ErrorCode.None);
        bench.Offsets.Find("g", "t", 0)!.Value.Offset.ShouldBe(5);

        await bench.BeginAsync("other");
        bench.Time.Advance(TimeSpan.FromSeconds(40));
        await bench.OpenAgainAsync();
        bench.Time.Advance(TimeSpan.FromSeconds(30));
        await bench.Coordinator.SweepAsync();
        bench.Coordinator.Find("other")!.State.ShouldBe(TransactionState.CompleteAbort, "the time before the kill counts");
    }

    [Fact]
    public async Task Offsets_that_wait_for_a_transaction_nobody_knows_are_dropped()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        await bench.BeginAsync();
        File.Delete(bench.TransactionsFile);
        await bench.OpenAgainAsync();

        bench.Offsets.IsPending("g", "t", 0).ShouldBeFalse();
        bench.Offsets.Find("g", "t", 0).ShouldBeNull();
    }

    [Fact]
    public async Task Fencing_survives_a_kill()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var zombie = await bench.BeginAsync();
        var heir = await bench.Coordinator.InitAsync("tx", TimeSpan.FromMinutes(1), -1, -1);
        await bench.OpenAgainAsync();

        (await bench.Coordinator.EndAsync("tx", zombie.ProducerId, zombie.Epoch, true)).ShouldBe(ErrorCode.ProducerFenced);
        (await bench.Coordinator.AddPartitionsAsync("tx", heir.ProducerId, heir.Epoch, [CoordinatorBench.First])).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task A_garbled_entry_is_set_aside_and_costs_what_came_after_it_only()
    {
        await using var bench = await CoordinatorBench.OpenAsync();
        var producer = await bench.BeginAsync("kept");
        await bench.Coordinator.EndAsync("kept", producer.ProducerId, producer.Epoch, true);
        long intact = new FileInfo(bench.TransactionsFile).Length;
        await bench.Coordinator.InitAsync("lost", TimeSpan.FromMinutes(1), -1, -1);
        byte[] bytes = await File.ReadAllBytesAsync(bench.TransactionsFile, TestContext.Current.CancellationToken);
        bytes[(int)intact + 12] ^= 1;
        await File.WriteAllBytesAsync(bench.TransactionsFile, bytes, TestContext.Current.CancellationToken);
        await bench.OpenAgainAsync();

        bench.Coordinator.Find("kept")!.State.ShouldBe(TransactionState.CompleteCommit);
        bench.Coordinator.Find("lost").ShouldBeNull();
        (await File.ReadAllBytesAsync(bench.TransactionsFile + ".set-aside", TestContext.Current.CancellationToken)).ShouldBe(bytes);
    }
}
