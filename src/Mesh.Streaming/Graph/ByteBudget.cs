namespace Mesh.Streaming.Graph;

/// <summary>
/// Back-pressure by bytes: a stage takes what it is about to hold and gives it back when the bytes have gone on. First come, first served.
/// </summary>
public sealed class ByteBudget
{
    /// <param name="maxBytes">Bytes that may be held at a time.</param>
    public ByteBudget(long maxBytes) => throw new NotSupportedException();

    /// <summary>Bytes held now.</summary>
    public long HeldBytes => throw new NotSupportedException();

    /// <summary>The limit.</summary>
    public long MaxBytes => throw new NotSupportedException();

    /// <summary>Takes bytes, waiting until they are free. An amount above the whole budget passes alone.</summary>
    public ValueTask TakeAsync(long bytes, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Takes bytes if they are free now.</summary>
    public bool TryTake(long bytes) => throw new NotSupportedException();

    /// <summary>Gives bytes back.</summary>
    public void Release(long bytes) => throw new NotSupportedException();
}
