using Mesh.Streaming.Graph;

namespace Mesh.Streaming.Tests.Graph;

public class ByteLeaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_waits_for_an_item_goes_on_when_its_bytes_are_given_back()
    {
        using var lease = new ByteLease(new ByteBudget(100));
        object item = new(), other = new();
        await lease.TakeAsync(item, 10, Token);
        await lease.TakeAsync(other, 10, Token);

        var waiting = lease.ReleasedAsync(item, Token).AsTask();
        lease.Release(other);
        waiting.IsCompleted.ShouldBeFalse();
        lease.Release(item);
        await waiting;
        await lease.ReleasedAsync(item, Token);
    }

    [Fact]
    public async Task The_end_of_the_run_and_a_cancellation_end_the_wait()
    {
        var lease = new ByteLease(new ByteBudget(100));
        object item = new();
        await lease.TakeAsync(item, 10, Token);
        using var stop = new CancellationTokenSource();
        var cancelled = lease.ReleasedAsync(item, stop.Token).AsTask();
        var waiting = lease.ReleasedAsync(item, Token).AsTask();

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled);
        waiting.IsCompleted.ShouldBeFalse();
        lease.Dispose();
        await waiting;
    }
}
