using Mesh.Streaming.Graph;

namespace Mesh.Streaming.Tests.Graph;

public class ByteBudgetTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_free_is_taken_at_once_and_what_is_not_waits()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(60, Token);

        var waiting = budget.TakeAsync(50, Token).AsTask();
        waiting.IsCompleted.ShouldBeFalse();
        budget.HeldBytes.ShouldBe(60);

        budget.Release(60);
        await waiting;
        budget.HeldBytes.ShouldBe(50);
    }

    [Fact]
    public async Task First_come_is_first_served_even_when_a_later_amount_would_fit()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(80, Token);
        var large = budget.TakeAsync(90, Token).AsTask();

        budget.TryTake(10).ShouldBeFalse();
        var small = budget.TakeAsync(10, Token).AsTask();
        small.IsCompleted.ShouldBeFalse();

        budget.Release(80);
        await large;
        await small;
        budget.HeldBytes.ShouldBe(100);
    }

    [Fact]
    public async Task An_amount_above_the_whole_budget_passes_alone()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(1, Token);
        var huge = budget.TakeAsync(1_000_000, Token).AsTask();
        huge.IsCompleted.ShouldBeFalse();

        budget.Release(1);
        await huge;
        budget.HeldBytes.ShouldBe(100);
        budget.TryTake(1).ShouldBeFalse();

        budget.Release(1_000_000);
        budget.HeldBytes.ShouldBe(0);
    }

    [Fact]
    public async Task A_cancelled_wait_takes_nothing_and_lets_the_next_one_through()
    {
        var budget = new ByteBudget(100);
        await budget.TakeAsync(50, Token);
        using var cancellation = new CancellationTokenSource();
        var first = budget.TakeAsync(100, cancellation.Token).AsTask();
        var second = budget.TakeAsync(50, Token).AsTask();

        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        await second;
        budget.HeldBytes.ShouldBe(100);
    }

    [Fact]
    public void Giving_back_more_than_is_held_is_a_mistake_that_is_said()
    {
        var budget = new ByteBudget(100);
        budget.TryTake(10).ShouldBeTrue();
        Should.Throw<InvalidOperationException>(() => budget.Release(11));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task However_takers_come_and_go_the_limit_holds_and_everything_comes_back(int seed)
    {
        var budget = new ByteBudget(1000);
        var random = new Random(seed);
        long held = 0;
        int served = 0, cancelled = 0;

        var takers = Enumerable.Range(0, 400).Select(_ =>
        {
            long bytes = random.Next(1, 1500);
            int cancelAfter = random.Next(4) == 0 ? random.Next(3) : -1;
            return Task.Run(async () =>
            {
                using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Token);
                if (cancelAfter == 0) await cancellation.CancelAsync();
                else if (cancelAfter > 0) cancellation.CancelAfter(cancelAfter);
                try
                {
                    await budget.TakeAsync(bytes, cancellation.Token);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref cancelled);
                    return;
                }

                long counted = Math.Min(bytes, 1000);
                Interlocked.Add(ref held, counted).ShouldBeLessThanOrEqualTo(1000);
                await Task.Yield();
                Interlocked.Add(ref held, -counted);
                budget.Release(bytes);
                Interlocked.Increment(ref served);
            }, Token);
        }).ToArray();
        await Task.WhenAll(takers);

        (served + cancelled).ShouldBe(400);
        served.ShouldBeGreaterThan(200);
        cancelled.ShouldBeGreaterThan(0);
        budget.HeldBytes.ShouldBe(0);
        budget.TryTake(1000).ShouldBeTrue();
    }
}
