using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Mesh.Streaming.Graph;

namespace Mesh.Streaming.Tests.Graph;

public class RunnableGraphTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Items_pass_in_order_and_a_flow_may_emit_more_after_the_last()
    {
        var received = new List<string>();
        var graph = Source<int>.From(_ => Numbers(1000))
            .Via(Flow<int, string>.From(WithTotal))
            .To(Sink<string>.ForEach((text, _) => { received.Add(text); return ValueTask.CompletedTask; }));

        await graph.RunAsync(Token);

        received.ShouldBe([.. Enumerable.Range(0, 1000).Select(i => $"{i}"), "total 499500"]);
    }

    [Fact]
    public async Task A_graph_can_be_run_again()
    {
        int count = 0;
        var graph = Source<int>.From(_ => Numbers(10)).To(Sink<int>.ForEach((_, _) => { count++; return ValueTask.CompletedTask; }));

        await graph.RunAsync(Token);
        await graph.RunAsync(Token);

        count.ShouldBe(20);
    }

    [Theory]
    [InlineData("source")]
    [InlineData("flow")]
    [InlineData("sink")]
    public async Task The_first_failure_stops_every_stage_and_is_what_the_caller_sees(string where)
    {
        int running = 0;
        var graph = Source<int>.From(token => Track(Endless(where == "source" ? 50 : int.MaxValue, token)))
            .Via(Flow<int, int>.From((items, _) => Track(FailingAt(items, where == "flow" ? 50 : int.MaxValue))))
            .To(Sink<int>.ForEach((item, _) => item == 50 && where == "sink" ? throw new InvalidDataException("item 50") : ValueTask.CompletedTask));

        var failure = await Should.ThrowAsync<InvalidDataException>(graph.RunAsync(Token));

        failure.Message.ShouldBe("item 50");
        running.ShouldBe(0);

        async IAsyncEnumerable<int> Track(IAsyncEnumerable<int> items)
        {
            Interlocked.Increment(ref running);
            try
            {
                await foreach (int item in items) yield return item;
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }
    }

    [Fact]
    public async Task A_fast_source_is_held_back_by_a_slow_sink()
    {
        int produced = 0, consumed = 0, furthest = 0;
        var graph = Source<int>.From(_ => Counting()).To(Sink<int>.ForEach(async (_, _) =>
        {
            await Task.Yield();
            consumed++;
        }));

        await graph.RunAsync(Token);

        consumed.ShouldBe(5000);
        furthest.ShouldBeLessThanOrEqualTo(8);

        async IAsyncEnumerable<int> Counting()
        {
            for (int i = 0; i < 5000; i++)
            {
                furthest = Math.Max(furthest, ++produced - Volatile.Read(ref consumed));
                yield return i;
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task Cancellation_stops_the_graph_and_the_lease_gives_everything_back()
    {
        var budget = new ByteBudget(100);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using (var lease = new ByteLease(budget))
        {
            var graph = Source<object>.From(token => Taking(lease, token)).To(Sink<object>.ForEach(async (_, token) =>
            {
                await cancellation.CancelAsync();
                await Task.Delay(Timeout.Infinite, token);
            }));

            await Should.ThrowAsync<OperationCanceledException>(graph.RunAsync(cancellation.Token));
            lease.HeldBytes.ShouldBeGreaterThan(0);
            budget.HeldBytes.ShouldBe(lease.HeldBytes);
        }

        budget.HeldBytes.ShouldBe(0);
    }

    [Fact]
    public async Task Graphs_that_share_a_budget_all_finish_although_one_channel_comes_late()
    {
        var budget = new ByteBudget(1000);
        var late = new TaskCompletionSource();
        var done = new ConcurrentBag<int>();

        var graphs = Enumerable.Range(0, 6).Select(async index =>
        {
            using var lease = new ByteLease(budget);
            var graph = Source<object>.From(token => Emit(index, lease, token)).To(Sink<object>.ForEach((item, _) =>
            {
                lease.Release(item);
                return ValueTask.CompletedTask;
            }));
            await graph.RunAsync(Token);
            done.Add(index);
            if (done.Count == 5) late.SetResult();
        });
        await Task.WhenAll(graphs);

        done.Count.ShouldBe(6);
        budget.HeldBytes.ShouldBe(0);

        async IAsyncEnumerable<object> Emit(int index, ByteLease lease, [EnumeratorCancellation] CancellationToken token)
        {
            // Graph 0 has nothing to say until all the others are through.
            if (index == 0) await late.Task.WaitAsync(token);
            var random = new Random(index);
            for (int i = 0; i < 200; i++)
            {
                var item = new object();
                await lease.TakeAsync(item, random.Next(1, 1200), token);
                budget.HeldBytes.ShouldBeLessThanOrEqualTo(1000);
                yield return item;
            }
        }
    }

    private static async IAsyncEnumerable<int> Numbers(int count)
    {
        for (int i = 0; i < count; i++)
        {
            yield return i;
            if (i % 100 == 0) await Task.Yield();
        }
    }

    private static async IAsyncEnumerable<int> Endless(int failAt, [EnumeratorCancellation] CancellationToken token)
    {
        for (int i = 0; ; i++)
        {
            if (i == failAt) throw new InvalidDataException($"item {i}");
            token.ThrowIfCancellationRequested();
            yield return i;
            await Task.Yield();
        }
    }

    private static async IAsyncEnumerable<int> FailingAt(IAsyncEnumerable<int> items, int failAt)
    {
        await foreach (int item in items)
        {
            if (item == failAt) throw new InvalidDataException($"item {item}");
            yield return item;
        }
    }

    private static async IAsyncEnumerable<string> WithTotal(IAsyncEnumerable<int> items, [EnumeratorCancellation] CancellationToken token)
    {
        long total = 0;
        await foreach (int item in items.WithCancellation(token))
        {
            total += item;
            yield return $"{item}";
        }

        yield return $"total {total}";
    }

    private static async IAsyncEnumerable<object> Taking(ByteLease lease, [EnumeratorCancellation] CancellationToken token)
    {
        while (true)
        {
            var item = new object();
            await lease.TakeAsync(item, 30, token);
            yield return item;
        }
    }
}
