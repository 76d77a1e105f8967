namespace Mesh.Streaming.Graph;

/// <summary>A stage in the middle: takes items in order and emits any number of items, also after the last one came in.</summary>
/// <typeparam name="TIn">What it takes.</typeparam>
/// <typeparam name="TOut">What it emits.</typeparam>
public sealed class Flow<TIn, TOut>
{
    private Flow(Func<IAsyncEnumerable<TIn>, CancellationToken, IAsyncEnumerable<TOut>> transform) => Transform = transform;

    internal Func<IAsyncEnumerable<TIn>, CancellationToken, IAsyncEnumerable<TOut>> Transform { get; }

    /// <summary>A flow that emits what <paramref name="transform"/> makes of its input; what it still holds it emits after the input's end.</summary>
    public static Flow<TIn, TOut> From(Func<IAsyncEnumerable<TIn>, CancellationToken, IAsyncEnumerable<TOut>> transform) => new(transform);
}
