namespace Mesh.Streaming.Graph;

/// <summary>A closed graph. Each run materialises its own queues and stages, so that a graph can be run again after a failure.</summary>
public sealed class RunnableGraph
{
    private readonly Func<GraphRun, Func<CancellationToken, Task>> materialise;

    internal RunnableGraph(Func<GraphRun, Func<CancellationToken, Task>> materialise) => this.materialise = materialise;

    /// <summary>
    /// Runs until the source has ended and everything in flight has reached the sink. The first failure of a stage cancels the others and
    /// is thrown once all of them have stopped: nothing runs on after this method has returned.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var run = new GraphRun(cancellationToken);
        await run.RunAsync(materialise(run)).ConfigureAwait(false);
    }
}
