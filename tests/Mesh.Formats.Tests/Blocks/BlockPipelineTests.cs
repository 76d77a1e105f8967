using Mesh.Formats.Blocks;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Blocks;

public sealed class BlockPipelineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public async Task Blocks_come_out_worked_on_and_in_the_order_they_were_read(int parallelism)
    {
        var input = new Input(count: 200, bytes: 10);
        await using var pipeline = input.Pipeline(parallelism, maxBytes: 100, work: block =>
        {
            // Later blocks are quicker, so they would overtake.
            if (block.Number % 7 == 0) Thread.SpinWait(20_000);
            block.IsDone = true;
        });
        for (int i = 0; i < 200; i++)
        {
            var block = (await pipeline.NextAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
            block.Number.ShouldBe(i);
            block.IsDone.ShouldBeTrue();
        }

        (await pipeline.NextAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
        (await pipeline.NextAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
        input.MostReadersAtOnce.ShouldBe(1);
        input.Discarded.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_in_flight_stays_within_the_budget()
    {
        var input = new Input(count: 50, bytes: 30);
        await using var pipeline = input.Pipeline(parallelism: 8, maxBytes: 100, work: _ => { });
        for (int i = 0; i < 50; i++)
        {
            await pipeline.NextAsync(TestContext.Current.CancellationToken);

            // Three in flight at most, and one that was read but found no room.
            (input.Read - i).ShouldBeLessThanOrEqualTo(4);
        }
    }

    [Fact]
    public async Task A_block_above_the_budget_passes_alone()
    {
        var input = new Input(count: 20, bytes: 1) { BytesOf = number => number % 5 == 2 ? 1_000 : 10 };
        int running = 0, overlaps = 0;
        await using var pipeline = input.Pipeline(parallelism: 4, maxBytes: 100, work: block =>
        {
            int others = Interlocked.Increment(ref running) - 1;
            if (block.Bytes > 100 && others > 0) Interlocked.Increment(ref overlaps);
            Thread.SpinWait(5_000);
            Interlocked.Decrement(ref running);
        });
        for (int i = 0; i < 20; i++) (await pipeline.NextAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull().Number.ShouldBe(i);
        overlaps.ShouldBe(0);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled_and_taken_up_again()
    {
        using var gate = new ManualResetEventSlim();
        var input = new Input(count: 3, bytes: 10);
        await using var pipeline = input.Pipeline(parallelism: 2, maxBytes: 100, work: _ => gate.Wait());
        using var cancellation = new CancellationTokenSource();
        var waiting = pipeline.NextAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => waiting);

        gate.Set();
        for (int i = 0; i < 3; i++) (await pipeline.NextAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull().Number.ShouldBe(i);
    }

    [Fact]
    public async Task Disposal_waits_for_the_work_and_discards_what_was_not_handed_out()
    {
        var input = new Input(count: 100, bytes: 40);
        int working = 0;
        var pipeline = input.Pipeline(parallelism: 4, maxBytes: 100, work: _ =>
        {
            Interlocked.Increment(ref working);
            Thread.SpinWait(50_000);
            Interlocked.Decrement(ref working);
        });
        await pipeline.NextAsync(TestContext.Current.CancellationToken);
        await pipeline.NextAsync(TestContext.Current.CancellationToken);
        await pipeline.DisposeAsync();
        working.ShouldBe(0);
        input.Discarded.Order().ShouldBe(Enumerable.Range(2, input.Read - 2));
        (await pipeline.NextAsync(TestContext.Current.CancellationToken)).ShouldBeNull();
    }

    [Fact]
    public async Task A_failure_to_read_reaches_the_consumer_and_leaves_what_was_read_before()
    {
        var input = new Input(count: 5, bytes: 10) { FailsAt = 3 };
        await using var pipeline = input.Pipeline(parallelism: 1, maxBytes: 100, work: _ => { });
        for (int i = 0; i < 3; i++) (await pipeline.NextAsync(TestContext.Current.CancellationToken)).ShouldNotBeNull();
        await Should.ThrowAsync<IOException>(async () => await pipeline.NextAsync(TestContext.Current.CancellationToken));
    }

    private sealed class Block(int number, long bytes)
    {
        public int Number => number;

        public long Bytes => bytes;

        public bool IsDone { get; set; }
    }

    private sealed class Input(int count, long bytes)
    {
        private int readers;

        public Func<int, long> BytesOf { get; init; } = _ => bytes;

        public int FailsAt { get; init; } = int.MaxValue;

        public int Read { get; private set; }

        public int MostReadersAtOnce { get; private set; }

        public List<int> Discarded { get; } = [];

        public BlockPipeline<Block> Pipeline(int parallelism, long maxBytes, Action<Block> work) =>
            new(ReadAsync, work, block => block.Bytes, block => Discarded.Add(block.Number), parallelism, maxBytes);

        private async ValueTask<Block?> ReadAsync(CancellationToken cancellationToken)
        {
            MostReadersAtOnce = Math.Max(MostReadersAtOnce, Interlocked.Increment(ref readers));
            await Task.Yield();
            Interlocked.Decrement(ref readers);
            if (Read == FailsAt) throw new IOException("gone");
            return Read == count ? null : new Block(Read, BytesOf(Read++));
        }
    }
}
