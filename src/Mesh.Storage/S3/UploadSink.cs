using System.Buffers;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>Sends parts as they come, several at once, as far as the store's room for them goes.</summary>
internal sealed class UploadSink(S3Connection connection, string bucket, string key, string uri) : IPartSink
{
    private readonly List<Task> sending = [];
    private readonly CancellationTokenSource stop = new();
    private S3Upload? upload;
    private int count;
    private bool completed;

    public async ValueTask AddAsync(byte[] buffer, int bytes, CancellationToken cancellationToken)
    {
        try
        {
            if (++count > S3Upload.MaxParts)
            {
                throw new MeshException("MESH8037", $"'{uri}' is larger than {S3Upload.MaxParts:N0} parts of {buffer.Length:N0} bytes. Write several smaller objects.");
            }

            // A part that has failed for good ends the object now, not after the rest has been sent.
            for (int i = sending.Count - 1; i >= 0; i--)
            {
                if (!sending[i].IsCompleted) continue;
                await sending[i].ConfigureAwait(false);
                sending.RemoveAt(i);
            }

            upload ??= await S3Upload.BeginAsync(connection, bucket, key, uri, cancellationToken).ConfigureAwait(false);
            await connection.Uploads.TakeAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        sending.Add(SendAsync(upload, count, buffer, bytes));
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(sending).WaitAsync(cancellationToken).ConfigureAwait(false);
        await upload!.CompleteAsync(cancellationToken).ConfigureAwait(false);
        completed = true;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await ((Task)Task.WhenAll(sending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (upload is not null && !completed) await upload.AbortAsync().ConfigureAwait(false);
        stop.Dispose();
    }

    private async Task SendAsync(S3Upload to, int number, byte[] buffer, int bytes)
    {
        try
        {
            await to.SendAsync(number, buffer, bytes, stop.Token).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            connection.Uploads.Return(bytes);
        }
    }
}
