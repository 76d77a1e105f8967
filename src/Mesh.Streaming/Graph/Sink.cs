namespace Mesh.Streaming.Graph;

/// <summary>The end of a graph.</summary>
/// <typeparam name="T">What it takes.</typeparam>
public sealed class Sink<T>
{
    private Sink(Func<IAsyncEnumerable<T>, CancellationToken, Task> consume) => Consume = consume;

    internal Func<IAsyncEnumerable<T>, CancellationToken, Task> Consume { get; }

    /// <summary>A sink that does something with each item, one after the other.</summary>
    public static Sink<T> ForEach(Func<T, CancellationToken, ValueTask> action) => new(async (items, cancellationToken) =>
    {
        await foreach (var item in items.ConfigureAwait(false)) await action(item, cancellationToken).ConfigureAwait(false);
    });
}
