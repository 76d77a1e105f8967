using System.Buffers;
using System.Security.Cryptography;
using Mesh.Model;

namespace Mesh.Storage.S3;

/// <summary>Gathers a large object that must not replace another in a nameless file, then puts it by one conditional request.</summary>
internal sealed class SpoolSink(S3Put put, S3Options options, string key, string uri) : IPartSink
{
    private readonly IncrementalHash md5 = ContentMd5.Begin();
    private FileStream? file;

    public async ValueTask AddAsync(byte[] buffer, int count, CancellationToken cancellationToken)
    {
        try
        {
            file ??= SpooledByteSource.Create(options.SpoolFolder);
            if (file.Length + count > S3Put.MaxBytes)
            {
                throw new MeshException("MESH8037", $"'{uri}' is larger than 5 GiB, the most that can be put on condition that it does not exist. Write it under a name nobody else uses, or several smaller objects.");
            }

            md5.AppendData(buffer, 0, count);
            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LocalFiles.Translate(exception, $"gathering '{uri}' in '{options.SpoolFolder}'");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        await file!.FlushAsync(cancellationToken).ConfigureAwait(false);
        await put.RunAsync(
            key, uri, () => new SpooledStream(file), file.Length, md5.GetHashAndReset(), replaces: false, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        md5.Dispose();
        return file?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    /// <summary>The file from its beginning; closing it leaves the file open for the next attempt.</summary>
    private sealed class SpooledStream(FileStream file) : Stream
    {
        private long position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => file.Length;

        public override long Position { get => position; set => position = value; }

        public override int Read(byte[] buffer, int offset, int count) => Advance(RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(offset, count), position));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Advance(await RandomAccess.ReadAsync(file.SafeFileHandle, buffer, position, cancellationToken).ConfigureAwait(false));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override long Seek(long offset, SeekOrigin origin) => position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => position + offset,
            _ => Length + offset,
        };

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Advance(int read)
        {
            position += read;
            return read;
        }
    }
}
