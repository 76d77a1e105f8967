using Mesh.Formats;
using Mesh.Formats.Ros2Bag;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Commands.Recordings;

/// <summary>Opens what people name as a recording: a file, the folder of a ROS 2 bag, or <c>-</c> for standard input.</summary>
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
        if (Directory.Exists(path))
        {
            return await Ros2BagFolder.OpenAsync(new LocalRecordingFolder(path), path, options, cancellationToken).ConfigureAwait(false);
        }

        var (source, folder) = await OpenSourceAsync(path, options, progress, cancellationToken).ConfigureAwait(false);
        return await RecordingFormats.OpenAsync(source, options with { Folder = folder }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the bytes of a single file, and the folder around it.</summary>
    internal static async ValueTask<(IByteSource Source, IRecordingFolder? Folder)> OpenSourceAsync(
        string path, RecordingReaderOptions options, ReadProgress? progress, CancellationToken cancellationToken)
    {
        IByteSource source = path == "-"
            ? await SpooledByteSource.ReadAsync(System.Console.OpenStandardInput(), "standard input", options.SpillFolder, cancellationToken).ConfigureAwait(false)
            : new FileByteSource(path);
        progress?.AddInput(source.Length);
        IRecordingFolder? folder = path == "-" ? null : new LocalRecordingFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return (progress is null ? source : new ProgressByteSource(source, progress), folder);
    }
}
