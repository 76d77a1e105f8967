using System.Buffers;
using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>
/// Makes an object of a local file. A large file goes in parts; when that was begun before and broken off, the parts that are there and
/// have the file's MD5 are not sent again.
/// </summary>
internal sealed class S3FileImport(S3Connection connection, S3Put put, S3Options options, string bucket, string key, string uri)
{
    private const int PartsAimedAt = 9_000;
    private const int PartStepBytes = 1 << 20;

    public async ValueTask RunAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileByteSource(path);
        await using (file.ConfigureAwait(false))
        {
            if (file.Length <= options.PartBytes) await PutWholeAsync(file, cancellationToken).ConfigureAwait(false);
            else await PutPartsAsync(file, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask PutWholeAsync(FileByteSource file, CancellationToken cancellationToken)
    {
        int bytes = (int)file.Length;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            await ReadAsync(file, 0, buffer.AsMemory(0, bytes), cancellationToken).ConfigureAwait(false);
            await put.RunAsync(
                key, uri, () => new MemoryStream(buffer, 0, bytes, writable: false), bytes, ContentMd5.Of(buffer.AsSpan(0, bytes)), replaces: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask PutPartsAsync(FileByteSource file, CancellationToken cancellationToken)
    {
        // The same file makes the same parts, also after a restart: the size of a part depends on nothing but the file's.
        long least = (file.Length + PartsAimedAt - 1) / PartsAimedAt;
        int partBytes = Math.Max(options.PartBytes, checked((int)((least + PartStepBytes - 1) / PartStepBytes * PartStepBytes)));
        int partCount = (int)((file.Length + partBytes - 1) / partBytes);
        if (await IsThereAsync(file, partBytes, partCount, cancellationToken).ConfigureAwait(false)) return;

        var found = connection.HasMd5Tags ? await S3Upload.FindAsync(connection, bucket, key, uri, cancellationToken).ConfigureAwait(false) : null;
        var present = (found?.Parts ?? []).ToDictionary(part => part.Number, part => part.Tag);
        var upload = found?.Upload ?? await S3Upload.BeginAsync(connection, bucket, key, uri, cancellationToken).ConfigureAwait(false);

        // When this fails the parts stay, for the next attempt; what nobody comes back for is swept after a day.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = new List<Task>();
        try
        {
            for (int number = 1; number <= partCount; number++)
            {
                long offset = (long)(number - 1) * partBytes;
                int bytes = (int)Math.Min(partBytes, file.Length - offset);
                await connection.Uploads.TakeAsync(bytes, stop.Token).ConfigureAwait(false);
                if (sending.Find(task => task.IsFaulted) is { } failed)
                {
                    connection.Uploads.Return(bytes);
                    await failed.ConfigureAwait(false);
                }

                sending.RemoveAll(task => task.IsCompletedSuccessfully);
                sending.Add(SendAsync(upload, file, number, offset, bytes, present.GetValueOrDefault(number), stop.Token));
            }

            await Task.WhenAll(sending).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(sending)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await upload.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(S3Upload upload, FileByteSource file, int number, long offset, int bytes, string? presentTag, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            await ReadAsync(file, offset, buffer.AsMemory(0, bytes), cancellationToken).ConfigureAwait(false);
            if (presentTag is not null && ContentMd5.Of(buffer.AsSpan(0, bytes)) is var md5 && presentTag == ContentMd5.Tag(md5)) upload.Adopt(number, presentTag, md5);
            else await upload.SendAsync(number, buffer, bytes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            connection.Uploads.Return(bytes);
        }
    }

    /// <summary>Whether the object is this file already, from an attempt whose end was not seen.</summary>
    private async ValueTask<bool> IsThereAsync(FileByteSource file, int partBytes, int partCount, CancellationToken cancellationToken)
    {
        if (!connection.HasMd5Tags) return false;
        GetObjectMetadataResponse head;
        try
        {
            head = await connection.RunAsync($"looking for '{uri}'", token => connection.Client.GetObjectMetadataAsync(bucket, key, token), cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (exception.Code == "MESH8003")
        {
            return false;
        }

        string tag = ContentMd5.Unquoted(head.ETag);
        if (head.ContentLength != file.Length || !tag.EndsWith($"-{partCount}", StringComparison.Ordinal)) return false;
        var parts = new List<byte[]>(partCount);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(partBytes);
        try
        {
            for (long offset = 0; offset < file.Length; offset += partBytes)
            {
                int bytes = (int)Math.Min(partBytes, file.Length - offset);
                await ReadAsync(file, offset, buffer.AsMemory(0, bytes), cancellationToken).ConfigureAwait(false);
                parts.Add(ContentMd5.Of(buffer.AsSpan(0, bytes)));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return tag == ContentMd5.Tag(parts);
    }

    private static async ValueTask ReadAsync(FileByteSource file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (await file.ReadAtAsync(offset, buffer, cancellationToken).ConfigureAwait(false) < buffer.Length)
        {
            throw new MeshException("MESH8022", $"'{file.Name}' became shorter while it was imported. Keep files as they are until they have been taken.");
        }
    }
}
