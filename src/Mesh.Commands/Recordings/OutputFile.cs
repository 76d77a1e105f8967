using Mesh.Model;
using Mesh.Storage.S3;

namespace Mesh.Commands.Recordings;

/// <summary>
/// A file that appears under its name only once it is whole; until then it is a <c>.partial</c> beside it, or for an object in S3 in the
/// system's temporary folder.
/// </summary>
internal sealed class OutputFile : IAsyncDisposable
{
    private readonly string partial;
    private readonly bool overwrite;
    private bool committed;

    private OutputFile(string path, bool overwrite, FileStream stream, string partial)
    {
        Path = path;
        this.overwrite = overwrite;
        Stream = stream;
        this.partial = partial;
    }

    public string Path { get; }

    public FileStream Stream { get; }

    /// <summary>Refuses an object that exists already, before much is read for it; of files <see cref="Create"/> finds it out.</summary>
    /// <exception cref="MeshException"><c>MESH10601</c> it exists already; <c>MESH8030</c> to <c>MESH8035</c> the place cannot be reached.</exception>
    public static async ValueTask RequireAbsentAsync(string path, bool overwrite, CancellationToken cancellationToken)
    {
        if (!S3Objects.IsUri(path)) return;
        using var objects = new S3Objects();
        if (await objects.ExistsAsync(path, cancellationToken).ConfigureAwait(false) && !overwrite) throw Exists(path);
    }

    /// <exception cref="MeshException"><c>MESH10601</c> the file exists already; <c>MESH10602</c> it cannot be made.</exception>
    public static OutputFile Create(string path, bool overwrite)
    {
        bool isObject = S3Objects.IsUri(path);
        if (!overwrite && !isObject && (File.Exists(path) || Directory.Exists(path))) throw Exists(path);
        string place = isObject ? System.IO.Path.Combine(System.IO.Path.GetTempPath(), "mesh-output") : path;
        string partial = $"{place}.{Guid.NewGuid().ToString("N")[..8]}.partial";
        try
        {
            if (!isObject && System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            return new OutputFile(path, overwrite, new FileStream(partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 1 << 16, FileOptions.Asynchronous), partial);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH10602", $"Cannot write '{path}': {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Makes what writes into the file; when that fails, nothing is left behind.</summary>
    public T Open<T>(Func<Stream, T> make)
    {
        try
        {
            return make(Stream);
        }
        catch
        {
            Stream.Dispose();
            File.Delete(partial);
            throw;
        }
    }

    /// <summary>Makes the bytes durable and gives the file its name; returns its size.</summary>
    public async ValueTask<long> CommitAsync(CancellationToken cancellationToken)
    {
        await Stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        long bytes = Stream.Length;
        if (S3Objects.IsUri(Path))
        {
            await Stream.DisposeAsync().ConfigureAwait(false);
            await RequireAbsentAsync(Path, overwrite, cancellationToken).ConfigureAwait(false);
            using var objects = new S3Objects();
            await objects.ImportFileAsync(partial, Path, cancellationToken).ConfigureAwait(false);
            return bytes;
        }

        Stream.Flush(flushToDisk: true);
        await Stream.DisposeAsync().ConfigureAwait(false);
        File.Move(partial, Path, overwrite: true);
        committed = true;
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        if (committed) return;
        await Stream.DisposeAsync().ConfigureAwait(false);
        File.Delete(partial);
    }

    private static MeshException Exists(string path) => new("MESH10601", $"'{path}' exists already. Choose another name, or overwrite it with --force.");
}
