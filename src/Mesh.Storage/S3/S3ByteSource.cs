using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>
/// An object, read by ranges. A large read is split into requests that run side by side and write straight into the caller's buffer.
/// Every request names the ETag, so that an object replaced in the meantime is an error, never a mixture.
/// </summary>
internal sealed class S3ByteSource(S3Connection connection, string uri, string bucket, string key, long length, string etag) : IByteSource
{
    /// <summary>Largest ranged read by one request.</summary>
    private const int ReadPartBytes = 8 << 20;

    public long Length => length;

    public string Name => uri;

    public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int wanted = (int)Math.Min(buffer.Length, Math.Max(0, length - offset));
        if (wanted == 0) return 0;
        if (wanted <= ReadPartBytes)
        {
            await ReadPartAsync(offset, buffer[..wanted], cancellationToken).ConfigureAwait(false);
            return wanted;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var parts = new Task[(wanted + ReadPartBytes - 1) / ReadPartBytes];
        for (int part = 0; part < parts.Length; part++)
        {
            int start = part * ReadPartBytes;
            parts[part] = ReadOrStopAsync(offset + start, buffer.Slice(start, Math.Min(ReadPartBytes, wanted - start)), stop);
        }

        // All of them have ended when this returns or throws: the buffer is the caller's again.
        try
        {
            await Task.WhenAll(parts).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await Array.Find(parts, part => part.IsFaulted)!.ConfigureAwait(false);
        }

        return wanted;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task ReadOrStopAsync(long offset, Memory<byte> buffer, CancellationTokenSource stop)
    {
        try
        {
            await ReadPartAsync(offset, buffer, stop.Token).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task ReadPartAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await connection.Reads.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.RunAsync(
                $"reading '{uri}'",
                async token =>
                {
                    var request = new GetObjectRequest { BucketName = bucket, Key = key, ByteRange = new ByteRange(offset, offset + buffer.Length - 1), EtagToMatch = etag };
                    using var response = await connection.Client.GetObjectAsync(request, token).ConfigureAwait(false);
                    if (response.ContentLength != buffer.Length) throw Short(response.ContentLength);
                    int read = await response.ResponseStream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, token).ConfigureAwait(false);
                    return read == buffer.Length ? read : throw Short(read);
                },
                cancellationToken,
                buffer.Length).ConfigureAwait(false);
        }
        finally
        {
            connection.Reads.Release();
        }

        MeshException Short(long arrived) => new(
            "MESH8036", $"'{uri}': {buffer.Length} bytes at {offset} were asked for and {arrived} arrived. The network or the store cut the answer; it is read again.", isTransient: true);
    }
}
