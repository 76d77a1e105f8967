using System.Buffers;

namespace Mesh.Storage.S3;

/// <summary>Gathers bytes to parts. An object of at most one part is put by one request; a larger one goes to its sink part by part.</summary>
internal sealed class S3ObjectWriter : ObjectWriter
{
    private readonly string uri;
    private readonly IPartSink sink;
    private readonly Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> putWhole;
    private readonly S3WriteStream stream;
    private bool ended;

    /// <param name="uri">For messages.</param>
    /// <param name="partBytes">Size of a part.</param>
    /// <param name="sink">Takes the parts of a large object.</param>
    /// <param name="putWhole">Puts a small object.</param>
    public S3ObjectWriter(string uri, int partBytes, IPartSink sink, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> putWhole)
    {
        this.uri = uri;
        this.sink = sink;
        this.putWhole = putWhole;
        stream = new S3WriteStream(partBytes, sink);
    }

    public override Stream Stream => stream;

    public override long BytesWritten => stream.BytesWritten;

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (ended) throw new InvalidOperationException($"Object '{uri}' has been completed already.");
        if (stream.HasParts)
        {
            await stream.SendRestAsync(cancellationToken).ConfigureAwait(false);
            await sink.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await putWhole(stream.Gathered, cancellationToken).ConfigureAwait(false);
        }

        ended = true;
    }

    public override async ValueTask DisposeAsync()
    {
        ended = true;
        await stream.DisposeAsync().ConfigureAwait(false);
        await sink.DisposeAsync().ConfigureAwait(false);
    }
}
