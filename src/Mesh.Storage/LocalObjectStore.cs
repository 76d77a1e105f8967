using System.Runtime.CompilerServices;
using Mesh.Model;

namespace Mesh.Storage;

/// <summary>A folder as an object store. Puts go to a temporary file in the same folder tree, are flushed, then renamed.</summary>
public sealed class LocalObjectStore : IObjectStore
{
    private const string TemporaryFolder = ".tmp";

    /// <summary>Age from which a temporary file is taken for the leftover of a killed process.</summary>
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private readonly string root;

    /// <param name="root">Folder; created when absent.</param>
    /// <param name="time">Clock by which leftovers are old (default: the system's).</param>
    public LocalObjectStore(string root, TimeProvider? time = null)
    {
        this.root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        string slashed = this.root.Replace('\\', '/');
        RootUri = "file://" + (slashed.StartsWith('/') ? "" : "/") + ObjectKey.ToUriPath(slashed);
        try
        {
            EnsureFolder(Path.Combine(this.root, TemporaryFolder));
            SweepLeftovers((time ?? TimeProvider.System).GetUtcNow() - LeftoverAge);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LocalFiles.Translate(exception, $"opening the object folder '{this.root}'");
        }
    }

    /// <inheritdoc/>
    public string RootUri { get; }

    /// <inheritdoc/>
    public ObjectStoreCapabilities Capabilities => ObjectStoreCapabilities.ConditionalPut;

    /// <inheritdoc/>
    public string UriOf(string key)
    {
        ObjectKey.Validate(key);
        return $"{RootUri}/{ObjectKey.ToUriPath(key)}";
    }

    /// <inheritdoc/>
    public string KeyOf(string uri)
    {
        if (!uri.StartsWith(RootUri, StringComparison.Ordinal) || uri.Length <= RootUri.Length + 1 || uri[RootUri.Length] != '/')
        {
            throw new MeshException("MESH8001", $"'{uri}' is not an object of {RootUri}. If the folder was moved, put it back or point the configuration at the old place.");
        }

        string key = Uri.UnescapeDataString(uri[(RootUri.Length + 1)..]);
        ObjectKey.Validate(key);
        return key;
    }

    /// <inheritdoc/>
    public ValueTask<ObjectWriter> CreateAsync(string key, PutMode mode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        PathOf(key);
        string temporaryPath = Path.Combine(root, TemporaryFolder, Guid.NewGuid().ToString("N"));
        try
        {
            return ValueTask.FromResult<ObjectWriter>(new LocalObjectWriter(this, key, mode, temporaryPath));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LocalFiles.Translate(exception, $"beginning object '{key}'");
        }
    }

    /// <inheritdoc/>
    public async ValueTask PutAsync(string key, ReadOnlyMemory<byte> content, PutMode mode, CancellationToken cancellationToken)
    {
        var writer = await CreateAsync(key, mode, cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            await writer.Stream.WriteAsync(content, cancellationToken).ConfigureAwait(false);
            await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask ImportFileAsync(string path, string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string temporaryPath = Path.Combine(root, TemporaryFolder, Guid.NewGuid().ToString("N"));
        try
        {
            LocalFiles.AddName(path, temporaryPath);
            using (var file = File.OpenHandle(temporaryPath, access: FileAccess.ReadWrite)) RandomAccess.FlushToDisk(file);
            Publish(temporaryPath, key, PutMode.Overwrite);

            // Renaming one name of a file onto another name of the same file does nothing: on a repeat the temporary name is still there.
            File.Delete(temporaryPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LocalFiles.Translate(exception, $"importing '{path}' as object '{key}'");
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IByteSource> OpenAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return ValueTask.FromResult<IByteSource>(OpenFile(key));
        }
        catch (MeshException exception) when (IsAbsence(exception))
        {
            throw new MeshException("MESH8003", $"There is no object '{key}' under {RootUri}.", innerException: exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask<long?> GetSizeAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var file = new FileInfo(PathOf(key));
        if (!file.Exists)
        {
            RequireFolder();
            file.Refresh();
        }

        return ValueTask.FromResult(file.Exists ? file.Length : (long?)null);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        RequireFolder();
        int lastSlash = prefix.LastIndexOf('/');
        string folderKey = lastSlash < 0 ? "" : prefix[..lastSlash];
        if (folderKey.Length > 0) ObjectKey.Validate(folderKey);
        foreach (var entry in Walk(folderKey))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (entry.Key.StartsWith(prefix, StringComparison.Ordinal)) yield return entry;
        }
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(string key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            File.Delete(PathOf(key));
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing there, as asked.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LocalFiles.Translate(exception, $"deleting object '{key}'");
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Gives a finished temporary file its name.</summary>
    internal void Publish(string temporaryPath, string key, PutMode mode)
    {
        string path = PathOf(key);
        string folder = Path.GetDirectoryName(path)!;
        try
        {
            EnsureFolder(folder);
            if (mode == PutMode.Overwrite)
            {
                File.Move(temporaryPath, path, overwrite: true);
            }
            else if (!LocalFiles.TryMoveWithoutReplacing(temporaryPath, path))
            {
                throw new MeshException("MESH8002", $"Object '{key}' exists already under {RootUri} and must not be replaced. Choose another key.");
            }

            FolderSync.Flush(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw LocalFiles.Translate(exception, $"completing object '{key}'");
        }
    }

    private FileByteSource OpenFile(string key)
    {
        try
        {
            return new FileByteSource(PathOf(key));
        }
        catch (MeshException exception) when (IsAbsence(exception))
        {
            // The folder may have come back between the two looks.
            RequireFolder();
            return new FileByteSource(PathOf(key));
        }
    }

    private static bool IsAbsence(MeshException exception) => exception.InnerException is FileNotFoundException or DirectoryNotFoundException;

    /// <summary>
    /// Tells an object that is not there from a store that is not there: a disk that is not mounted has no objects, and to believe that would
    /// be to give up what is on it.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH8023</c>, transient.</exception>
    private void RequireFolder()
    {
        if (Directory.Exists(Path.Combine(root, TemporaryFolder))) return;
        throw new MeshException("MESH8023", $"The object folder '{root}' is not there, or is not what it was. Mount its disk again, or put the folder back; the work is retried.", isTransient: true);
    }

    private string PathOf(string key)
    {
        ObjectKey.Validate(key);
        if (key == TemporaryFolder || key.StartsWith(TemporaryFolder + "/", StringComparison.Ordinal))
        {
            throw new MeshException("MESH8001", $"'{key}' is not an object key: '{TemporaryFolder}' holds objects being written. Use another first segment.");
        }

        return Path.Combine(root, key);
    }

    private static void EnsureFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        string? parent = Path.GetDirectoryName(folder);
        if (parent is not null) EnsureFolder(parent);
        Directory.CreateDirectory(folder);
        if (parent is not null) FolderSync.Flush(parent);
    }

    private void SweepLeftovers(DateTimeOffset before)
    {
        foreach (var file in new DirectoryInfo(Path.Combine(root, TemporaryFolder)).EnumerateFiles())
        {
            if (file.LastWriteTimeUtc < before.UtcDateTime) file.Delete();
        }
    }

    private IEnumerable<ObjectEntry> Walk(string folderKey)
    {
        var folder = new DirectoryInfo(folderKey.Length == 0 ? root : Path.Combine(root, folderKey));
        if (!folder.Exists) yield break;

        // A folder sorts as its name with the slash, which is how it appears in the keys below it: "a-b" comes before "a/b".
        FileSystemInfo[] children;
        try
        {
            children = folder.GetFileSystemInfos();
        }
        catch (DirectoryNotFoundException)
        {
            yield break;
        }

        string[] names = Array.ConvertAll(children, child => child is DirectoryInfo ? child.Name + "/" : child.Name);
        Array.Sort(names, children, StringComparer.Ordinal);
        for (int i = 0; i < children.Length; i++)
        {
            string key = folderKey.Length == 0 ? children[i].Name : $"{folderKey}/{children[i].Name}";
            if (children[i] is FileInfo file)
            {
                // Deleted between the listing and the look at its size: then it is not there.
                file.Refresh();
                if (file.Exists) yield return new ObjectEntry(key, file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
            }
            else if (key != TemporaryFolder)
            {
                foreach (var entry in Walk(key)) yield return entry;
            }
        }
    }
}
