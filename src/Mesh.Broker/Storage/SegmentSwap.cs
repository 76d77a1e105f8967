using System.Globalization;
using System.Text;
using Mesh.Model;

namespace Mesh.Broker.Storage;

/// <summary>
/// Puts a compacted segment in the place of those it was made from, whatever moment the process dies at. The compacted file is whole
/// and synchronised under a name of its own; then a note names the segments it stands for, which is the moment of truth: with the note
/// the swap is finished at the next start, without it the compacted file is thrown away.
/// </summary>
internal static class SegmentSwap
{
    public const string CleanedSuffix = ".cleaned";

    private const string NoteSuffix = ".swap";

    /// <summary>Writes the note.</summary>
    /// <param name="folder">The log's folder.</param>
    /// <param name="baseOffset">The compacted segment, and the first it stands for.</param>
    /// <param name="others">The further segments it stands for.</param>
    public static ValueTask CommitAsync(string folder, long baseOffset, IEnumerable<long> others) => AtomicFile.WriteAsync(
        NotePath(folder, baseOffset), Encoding.ASCII.GetBytes(string.Join(' ', others.Select(offset => offset.ToString(CultureInfo.InvariantCulture))) + "."), CancellationToken.None);

    /// <summary>Takes the note away once the swap is done.</summary>
    public static void Complete(string folder, long baseOffset) => File.Delete(NotePath(folder, baseOffset));

    /// <summary>Finishes or undoes what a crash interrupted.</summary>
    public static void Recover(string folder)
    {
        foreach (string note in Directory.GetFiles(folder, "*" + NoteSuffix))
        {
            string text = File.ReadAllText(note);
            string target = Path.ChangeExtension(note, ".log");
            string cleaned = target + CleanedSuffix;

            // Renamed before anything else is deleted, so that there is never less than the compacted records.
            if (File.Exists(cleaned))
            {
                File.Delete(Path.ChangeExtension(target, ".index"));
                File.Move(cleaned, target, overwrite: true);
            }

            foreach (string other in text.TrimEnd('.').Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                string path = Path.Combine(folder, LogSegment.NameOf(long.Parse(other, CultureInfo.InvariantCulture)));
                File.Delete(path);
                File.Delete(Path.ChangeExtension(path, ".index"));
            }

            File.Delete(note);
        }

        foreach (string left in Directory.GetFiles(folder, "*.log" + CleanedSuffix)) File.Delete(left);
        foreach (string left in Directory.GetFiles(folder, "*.log.index")) File.Delete(left);
    }

    private static string NotePath(string folder, long baseOffset) => Path.ChangeExtension(Path.Combine(folder, LogSegment.NameOf(baseOffset)), NoteSuffix);
}
