using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>A file that appears under its name only once it is whole; until then it is a <c>.partial</c> beside it.</summary>
internal sealed class OutputFile : IAsyncDisposable
{
    private readonly string partial;
    private bool committed;

    private OutputFile(string path, FileStream stream, string partial)
    {
        Path = path;
        Stream = stream;
        this.partial = partial;
    }

    public string Path { get; }

    public FileStream Stream { get; }

    /// <exception cref="MeshException"><c>MESH10601</c> the file exists already; <c>MESH10602</c> it cannot be made.</exception>
    public static OutputFile Create(string path, bool overwrite)
    {
        if (!overwrite && (File.Exists(path) || Directory.Exists(path)))
        {
            throw new MeshException("MESH10601", $"'{path}' exists already. Choose another name, or overwrite it with --force.");
        }

        string partial = $"{path}.{Guid.NewGuid().ToString("N")[..8]}.partial";
        try
        {
            if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            return new OutputFile(path, new FileStream(partial, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 1 << 16, FileOptions.Asynchronous), partial);
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
        Stream.Flush(flushToDisk: true);
        long bytes = Stream.Length;
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
}
