using System.Security.Cryptography;
using System.Text;

namespace Mesh.Training.Reference;

/// <summary>
/// Which windows are trained on and which are held out. Neighbouring windows share frames, so a random choice would let the model see what
/// it is examined on: whole recordings are held out where there are at least three, else blocks of time with a gap around them.
/// </summary>
internal sealed record Split(string Kind, int[] Training, int[] HeldOut)
{
    private const int MinRecordings = 3;
    private const int WindowsPerBlock = 8;

    /// <summary>Splits windows; the same windows and seed give the same split.</summary>
    /// <param name="set">The windows.</param>
    /// <param name="heldOutShare">Share to hold out.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="excluded">Recordings that are in neither part: those of frozen hold-outs.</param>
    public static Split Make(WindowSet set, double heldOutShare, long seed, IReadOnlySet<string>? excluded = null)
    {
        excluded ??= new HashSet<string>();
        var byRecording = set.Windows.Select((window, index) => (window, index)).Where(pair => !excluded.Contains(pair.window.Recording)).GroupBy(pair => pair.window.Recording)
            .ToDictionary(group => group.Key, group => group.Select(pair => pair.index).ToArray());
        if (byRecording.Count >= MinRecordings && ByRecording(set, byRecording, heldOutShare, seed) is { } split) return split;
        return ByTime(set, heldOutShare, seed, excluded);
    }

    private static Split? ByRecording(WindowSet set, Dictionary<string, int[]> byRecording, double share, long seed)
    {
        double wanted = byRecording.Values.Sum(windows => windows.Length) * share;
        int[] remaining = new int[set.Classes.Count];
        foreach (int window in byRecording.Values.SelectMany(windows => windows)) remaining[set.Windows[window].Class]++;

        var heldOut = new HashSet<string>();
        int count = 0;
        foreach (string recording in byRecording.Keys.OrderBy(id => Rank(id, seed), StringComparer.Ordinal))
        {
            if (count >= wanted) break;
            int[] windows = byRecording[recording];
            // At most half as much again as wanted, unless there is nothing yet.
            if (count > 0 && count + windows.Length > wanted * 1.5) continue;
            int[] after = [.. remaining];
            foreach (int window in windows) after[set.Windows[window].Class]--;
            // A class that is only held out could not be learnt.
            bool losesClass = after.Zip(remaining).Any(pair => pair.First == 0 && pair.Second > 0);
            if (losesClass || byRecording.Count - heldOut.Count <= 2) continue;
            heldOut.Add(recording);
            count += windows.Length;
            remaining = after;
        }

        if (count == 0) return null;
        return new Split(
            "recording",
            [.. Indexes(set, window => !heldOut.Contains(window.Recording) && byRecording.ContainsKey(window.Recording))],
            [.. Indexes(set, window => heldOut.Contains(window.Recording))]);
    }

    private static Split ByTime(WindowSet set, double share, long seed, IReadOnlySet<string> excluded)
    {
        long block = (long)set.Frames * WindowsPerBlock;
        int period = Math.Max(2, (int)Math.Round(1 / share));
        long phase = (seed % period + period) % period;
        bool IsHeldOut(long frame) => (frame / block + phase) % period == period - 1;
        return new Split(
            "time",
            // A window's length around every held-out block is left unused.
            [.. Indexes(set, window => !excluded.Contains(window.Recording) && !IsHeldOut(Math.Max(0, window.Start - set.Frames)) && !IsHeldOut(window.Start) && !IsHeldOut(window.Start + 2 * set.Frames - 1))],
            [.. Indexes(set, window => !excluded.Contains(window.Recording) && IsHeldOut(window.Start) && IsHeldOut(window.Start + set.Frames - 1))]);
    }

    private static IEnumerable<int> Indexes(WindowSet set, Func<WindowSet.Window, bool> wanted) =>
        Enumerable.Range(0, set.Windows.Count).Where(index => wanted(set.Windows[index]));

    private static string Rank(string recording, long seed) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{recording}")));
}
