namespace Mesh.Streaming.Graph;

/// <summary>The beginning of a graph: a description that does nothing until the graph is run. Each stage runs on its own, decoupled by a bounded queue.</summary>
/// <typeparam name="T">What it emits.</typeparam>
public sealed class Source<T>
{
    private readonly Func<GraphRun, Func<CancellationToken, IAsyncEnumerable<T>>> materialise;

    private Source(Func<GraphRun, Func<CancellationToken, IAsyncEnumerable<T>>> materialise) => this.materialise = materialise;

    /// <summary>A source of what <paramref name="produce"/> yields; called once per run.</summary>
    public static Source<T> From(Func<CancellationToken, IAsyncEnumerable<T>> produce) => new(_ => produce);

    /// <summary>Continues through a flow.</summary>
    public Source<TOut> Via<TOut>(Flow<T, TOut> flow) => new(run =>
    {
        var queue = run.Start(materialise(run));
        return cancellationToken => flow.Transform(run.Drain(queue, cancellationToken), cancellationToken);
    });

    /// <summary>Ends in a sink.</summary>
    public RunnableGraph To(Sink<T> sink) => new(run =>
    {
        var queue = run.Start(materialise(run));
        return cancellationToken => sink.Consume(run.Drain(queue, cancellationToken), cancellationToken);
    });
}
