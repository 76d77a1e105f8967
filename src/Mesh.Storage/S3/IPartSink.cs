namespace Mesh.Storage.S3;

/// <summary>Takes an object in parts, once it has turned out to be larger than one. Disposed without having been completed, it leaves nothing behind.</summary>
internal interface IPartSink : IAsyncDisposable
{
    /// <summary>Takes a full part, or the last one. The buffer is the sink's, which gives it back to the shared pool.</summary>
    ValueTask AddAsync(byte[] buffer, int count, CancellationToken cancellationToken);

    /// <summary>Makes the object durable and visible.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
