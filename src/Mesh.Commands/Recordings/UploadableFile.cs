using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>
/// One file that holds all of a recording, as an upload needs it. Most recordings are that already. A ROS 2 bag in a folder, and a
/// <c>.db3</c> whose last messages are still in the write-ahead log beside it, are packed into a temporary MCAP file with the same messages.
/// </summary>
public sealed class UploadableFile : IDisposable
{
    private readonly string? temporaryFolder;

    private UploadableFile(string path, CopyReport? packed, string? temporaryFolder)
    {
        Path = path;
        Packed = packed;
        this.temporaryFolder = temporaryFolder;
    }

    /// <summary>The file to upload.</summary>
    public string Path { get; }

    /// <summary>The account of packing; null when the recording is uploaded as it is.</summary>
    public CopyReport? Packed { get; }

    /// <summary>Prepares a recording.</summary>
    /// <exception cref="Mesh.Model.MeshException">It cannot be read, or there is no room to pack it.</exception>
    public static async Task<UploadableFile> PrepareAsync(string path, CancellationToken cancellationToken)
    {
        bool hasLog = new FileInfo(path + "-wal") is { Exists: true, Length: > 0 };
        if (!Directory.Exists(path) && !hasLog) return new UploadableFile(path, null, null);

        string folder = Directory.CreateTempSubdirectory("mesh-publish-").FullName;
        try
        {
            // The same messages give the same bytes, so a bag that is published twice is found to be a duplicate.
            string name = System.IO.Path.GetFileNameWithoutExtension(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path)));
            string file = System.IO.Path.Combine(folder, name + ".mcap");
            var report = await new RecordingCopy(new CopyRequest { Inputs = [path], Output = file, Format = RecordingFormat.Mcap }).RunAsync(cancellationToken).ConfigureAwait(false);
            return new UploadableFile(file, report, folder);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Deletes what was packed.</summary>
    public void Dispose()
    {
        if (temporaryFolder is not null) Directory.Delete(temporaryFolder, recursive: true);
    }
}
