using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Dataflow;

namespace Mesh.Streaming.Graph;

/// <summary>One run of a graph: its queues, its stages and what stops them.</summary>
internal sealed class GraphRun(CancellationToken cancellationToken) : IDisposable
{
    // Bytes are bounded by a ByteBudget; the item count only decouples neighbours.
    private const int QueueItems = 4;

    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly List<Task> stages = [];
    private ExceptionDispatchInfo? failure;

    /// <summary>Starts a stage that fills a queue.</summary>
    public BufferBlock<T> Start<T>(Func<CancellationToken, IAsyncEnumerable<T>> produce)
    {
        var queue = new BufferBlock<T>(new DataflowBlockOptions { BoundedCapacity = QueueItems });
        stages.Add(Task.Run(() => PumpAsync(produce, queue), CancellationToken.None));
        return queue;
    }

    /// <summary>What a queue delivers until its stage has ended well.</summary>
    public async IAsyncEnumerable<T> Drain<T>(BufferBlock<T> queue, [EnumeratorCancellation] CancellationToken token)
    {
        await foreach (var item in queue.ReceiveAllAsync(token).ConfigureAwait(false)) yield return item;

        // A queue also ends when its stage failed; that must not look like the end of the data.
        token.ThrowIfCancellationRequested();
    }

    public async Task RunAsync(Func<CancellationToken, Task> sink)
    {
        stages.Add(Task.Run(() => GuardAsync(sink), CancellationToken.None));
        await Task.WhenAll(stages).ConfigureAwait(false);
        failure?.Throw();
    }

    public void Dispose() => stop.Dispose();

    private Task PumpAsync<T>(Func<CancellationToken, IAsyncEnumerable<T>> produce, BufferBlock<T> queue) => GuardAsync(async token =>
    {
        await foreach (var item in produce(token).WithCancellation(token).ConfigureAwait(false))
        {
            await queue.SendAsync(item, token).ConfigureAwait(false);
        }

        queue.Complete();
    });

    // Keeps the first failure and stops the other stages. Their cancellations come later and are its consequence.
    private async Task GuardAsync(Func<CancellationToken, Task> stage)
    {
        try
        {
            await stage(stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }
}
