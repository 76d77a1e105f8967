using Mesh.Model;

namespace Mesh.Formats.Ros2Bag;

/// <summary>A ROS 2 bag as rosbag2 leaves it: a folder with <c>metadata.yaml</c> and one or more files.</summary>
public static class Ros2BagFolder
{
    private static readonly string[] Suffixes = ["", ".zstd", ".zst"];

    /// <summary>Opens the bag: its files one after the other as one recording. Without <c>metadata.yaml</c> the files are found by their names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Name for messages to people.</param>
    /// <param name="options">How to read.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="RecordingFormatException"><c>MESH10012</c>: there is no recording in the folder.</exception>
    public static async ValueTask<RecordingReader> OpenAsync(IRecordingFolder folder, string name, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        var losses = new LossList(options.MaxLosses);
        var metadata = await BagMetadata.ReadAsync(folder, losses, cancellationToken).ConfigureAwait(false);
        var present = await folder.ListAsync(cancellationToken).ConfigureAwait(false);
        var files = FindFiles(present, metadata, losses);
        if (files.Count == 0)
        {
            throw new RecordingFormatException("MESH10012", $"There is no recording in '{name}': a ROS 2 bag has files that end in .db3 or .mcap, or in .db3.zstd or .mcap.zstd. Name the recording itself, or its folder.");
        }

        var inFolder = options with { Folder = folder };
        bool isMessageCompressed = metadata is { IsMessageCompressed: true };
        return await ConcatenatedRecordingReader.OpenAsync(files, OpenFileAsync, metadata, losses, cancellationToken).ConfigureAwait(false);

        async ValueTask<RecordingReader> OpenFileAsync(string file, CancellationToken token)
        {
            var source = await folder.TryOpenAsync(file, token).ConfigureAwait(false)
                ?? throw new RecordingFormatException("MESH10012", $"'{file}' is not in '{name}'.");
            var reader = await RecordingFormats.OpenAsync(source, inFolder, token).ConfigureAwait(false);

            // Databases look for the compression mode themselves, because they are opened alone as well.
            return isMessageCompressed && reader.Format == RecordingFormat.Mcap ? new ZstdMessageReader(reader, all: true, options) : reader;
        }
    }

    /// <summary>Whether a file's name says that it is compressed as a whole.</summary>
    internal static bool IsCompressed(string file) => file.EndsWith(".zstd", StringComparison.Ordinal) || file.EndsWith(".zst", StringComparison.Ordinal);

    private static List<string> FindFiles(IReadOnlyList<string> present, BagMetadata? metadata, LossList losses)
    {
        List<string> files = [];
        var names = present.ToHashSet();
        foreach (string file in metadata?.Files ?? [])
        {
            // rosbag2 leaves the uncompressed file beside the compressed one when it plays a bag, and some releases list it without the suffix.
            string bare = IsCompressed(file) ? file[..file.LastIndexOf('.')] : file;
            string? found = names.Contains(file) ? file : Suffixes.Select(suffix => bare + suffix).FirstOrDefault(names.Contains);
            if (found is not null) files.Add(found);
            else losses.Add(ConcatenatedRecordingReader.FileUnreadable, 0, 0, $"the file {file}, which {BagMetadata.FileName} lists", "no such file");
        }

        if (files.Count > 0) return files;
        return [.. present
            .Where(IsBagFile)
            .Where(file => !IsCompressed(file) || !names.Contains(file[..file.LastIndexOf('.')]))
            .Order(new ByNumber())];
    }

    private static bool IsBagFile(string file) => Suffixes.Any(suffix =>
        file.EndsWith(".db3" + suffix, StringComparison.OrdinalIgnoreCase) || file.EndsWith(".mcap" + suffix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Runs of digits by their value, so that <c>bag_10</c> comes after <c>bag_9</c>; other text by its characters.</summary>
    private sealed class ByNumber : IComparer<string>
    {
        public int Compare(string? x, string? y)
        {
            ReadOnlySpan<char> a = x, b = y;
            while (!a.IsEmpty && !b.IsEmpty)
            {
                int digitsA = Digits(a), digitsB = Digits(b);
                if (digitsA > 0 && digitsB > 0)
                {
                    var numberA = a[..digitsA].TrimStart('0');
                    var numberB = b[..digitsB].TrimStart('0');
                    int order = numberA.Length != numberB.Length ? numberA.Length.CompareTo(numberB.Length) : numberA.SequenceCompareTo(numberB);
                    if (order != 0) return order;
                    a = a[digitsA..];
                    b = b[digitsB..];
                    continue;
                }

                if (a[0] != b[0]) return a[0].CompareTo(b[0]);
                a = a[1..];
                b = b[1..];
            }

            return a.Length != b.Length ? a.Length.CompareTo(b.Length) : string.CompareOrdinal(x, y);
        }

        private static int Digits(ReadOnlySpan<char> text)
        {
            int count = text.IndexOfAnyExceptInRange('0', '9');
            return count < 0 ? text.Length : count;
        }
    }
}
