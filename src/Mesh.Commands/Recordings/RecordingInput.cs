using Mesh.Formats;
using Mesh.Formats.Ros2Bag;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Storage.S3;

namespace Mesh.Commands.Recordings;

/// <summary>Opens what people name as a recording: a file, the folder of a ROS 2 bag, an object as <c>s3://BUCKET/KEY</c>, or <c>-</c> for standard input.</summary>
public static class RecordingInput
{
    /// <summary>Opens a recording for reading.</summary>
    /// <param name="path">What was named.</param>
    /// <param name="options">How to read; the folder is filled in.</param>
    /// <param name="progress">Told how far reading has come; null when nobody looks.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException">It cannot be opened, or is no recording; the message says why.</exception>
    public static async ValueTask<RecordingReader> OpenAsync(string path, RecordingReaderOptions options, ReadProgress? progress, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path)) return await Ros2BagFolder.OpenAsync(new LocalRecordingFolder(path), path, options, cancellationToken).ConfigureAwait(false);
        if (S3Objects.IsUri(path) && path.EndsWith('/'))
        {
            return await Ros2BagFolder.OpenAsync(new S3RecordingFolder(new S3Objects(), path), path, options, cancellationToken).ConfigureAwait(false);
        }

        var (source, folder) = await OpenSourceAsync(path, options, progress, cancellationToken).ConfigureAwait(false);
        return await RecordingFormats.OpenAsync(source, options with { Folder = folder }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the bytes of a single file, and the folder around it.</summary>
    internal static async ValueTask<(IByteSource Source, IRecordingFolder? Folder)> OpenSourceAsync(
        string path, RecordingReaderOptions options, ReadProgress? progress, CancellationToken cancellationToken)
    {
        IByteSource source;
        IRecordingFolder? folder = null;
        if (path == "-")
        {
            source = await SpooledByteSource.CreateAsync(System.Console.OpenStandardInput(), "standard input", options.SpillFolder, options.MinFreeSpillBytes, cancellationToken).ConfigureAwait(false);
        }
        else if (S3Objects.IsUri(path))
        {
            var objects = new S3Objects();
            source = await objects.OpenAsync(path, cancellationToken).ConfigureAwait(false);
            folder = new S3RecordingFolder(objects, path[..(path.LastIndexOf('/') + 1)]);
        }
        else
        {
            source = new FileByteSource(path);
            folder = new LocalRecordingFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }

        progress?.AddInput(source.Length);
        return (progress is null ? source : new ProgressByteSource(source, progress), folder);
    }
}
