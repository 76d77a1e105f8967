using Mesh.Model;

namespace Mesh.Storage;

/// <summary>Writes to a temporary file; completing flushes it and gives it its name.</summary>
internal sealed class LocalObjectWriter : ObjectWriter
{
    private readonly LocalObjectStore store;
    private readonly string key;
    private readonly PutMode mode;
    private readonly string temporaryPath;
    private readonly LocalObjectStream stream;
    private bool completed;

    public LocalObjectWriter(LocalObjectStore store, string key, PutMode mode, string temporaryPath)
    {
        this.store = store;
        this.key = key;
        this.mode = mode;
        this.temporaryPath = temporaryPath;
        stream = new LocalObjectStream(
            new FileStream(temporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, 128 << 10, FileOptions.Asynchronous), key);
    }

    public override Stream Stream => stream;

    public override long BytesWritten => stream.BytesWritten;

    public override async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (completed) throw new InvalidOperationException($"Object '{key}' has been completed already.");
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        stream.FlushToDisk();
        await stream.DisposeAsync().ConfigureAwait(false);
        store.Publish(temporaryPath, key, mode);
        completed = true;
    }

    public override async ValueTask DisposeAsync()
    {
        if (completed) return;
        try
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (MeshException)
        {
            // The bytes are given up anyway; the failure to write them has been, or was about to be, reported by the write.
        }

        try
        {
            File.Delete(temporaryPath);
        }
        catch (IOException)
        {
            // Swept when the store is opened next.
        }
    }
}
