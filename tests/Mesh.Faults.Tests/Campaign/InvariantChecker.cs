using System.Security.Cryptography;
using System.Text;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Holds what is there against what was promised.</summary>
internal static partial class InvariantChecker
{
    private static readonly TimeSpan LivenessLimit = TimeSpan.FromMinutes(1);

    public static IReadOnlyList<Finding> Check(Evidence evidence) =>
    [
        .. Conservation(evidence), .. UnforeseenLetters(evidence), .. ForeignCommits(evidence), .. Uniqueness(evidence), .. RowsAreRight(evidence), .. Offsets(evidence), .. Trigger(evidence),
        .. Liveness(evidence), .. Memory(evidence), .. Orphans(evidence), .. Coverage(evidence), .. Readable(evidence),
    ];

    private static IEnumerable<Finding> Uniqueness(Evidence evidence)
    {
        foreach (var twice in evidence.Rows.GroupBy(row => (row.Recording, row.Channel, row.Sequence)).Where(rows => rows.Count() > 1))
        {
            yield return new Finding(Invariant.Uniqueness, $"{twice.Key} is there {twice.Count()} times, in {string.Join(", ", twice.Select(row => row.Table).Distinct())}");
        }

        foreach (var (recording, (rows, distinct)) in evidence.Frames.Where(frames => frames.Value.Rows != frames.Value.Distinct))
        {
            yield return new Finding(Invariant.Uniqueness, $"{recording} has {rows} synchronised rows, of which {distinct} differ");
        }

        foreach (string file in evidence.FilesTwice) yield return new Finding(Invariant.Uniqueness, $"{file} is in the table twice");
    }

    /// <summary>Integrity and no invention: both look at each row.</summary>
    private static IEnumerable<Finding> RowsAreRight(Evidence evidence)
    {
        var uploads = new Dictionary<string, Upload>();
        foreach (var upload in evidence.Attempted) uploads[upload.IngestId] = upload;
        foreach (var row in evidence.Rows)
        {
            string place = $"{row.Table}: ({row.Recording}, {row.Channel}, {row.Sequence})";
            if (!uploads.TryGetValue(row.Recording, out var upload) || !upload.Content.Counts.TryGetValue(row.Channel, out int count) || row.Index < 0 || row.Index >= count)
            {
                yield return new Finding(Invariant.NoInvention, $"{place} with index {row.Index} was never uploaded");
                continue;
            }

            var content = upload.Content;
            long token = content.TokenOf(row.Channel, row.Index);
            long? extra = content.IsSecondSchema(row.Channel, row.Index) ? Derived.Extra(token) : null;
            if (row.Token != token || row.Value != Derived.Value(token) || row.Extra != extra || row.TextMd5 != Md5(content.TextOf(row.Channel, row.Index)))
            {
                yield return new Finding(Invariant.Integrity, $"{place} is {row}, but was recorded with token {token}");
            }
            else if (!content.IsDamaged && row.Sequence != row.Index)
            {
                yield return new Finding(Invariant.Integrity, $"{place} holds the message {row.Index}");
            }
            else if (content.IsPoison(row.Channel, row.Index))
            {
                yield return new Finding(Invariant.NoInvention, $"{place} is a row although its message cannot be read");
            }
        }

        foreach (string difference in evidence.Disagreements) yield return new Finding(Invariant.Integrity, difference);
        foreach (var rows in evidence.Rows.GroupBy(row => (row.Table, row.Recording)))
        {
            long own = evidence.OwnRows.GetValueOrDefault(rows.Key);
            if (own != rows.LongCount()) yield return new Finding(Invariant.Integrity, $"{rows.Key}: DuckDB finds {rows.LongCount()} rows, Mesh {own}");
        }
    }

    private static IEnumerable<Finding> Offsets(Evidence evidence)
    {
        var last = new Dictionary<(string, int), long>();
        foreach (var sample in evidence.Offsets)
        {
            if (last.TryGetValue((sample.Key, sample.Epoch), out long before) && sample.Value < before)
            {
                yield return new Finding(Invariant.Offsets, $"{sample.Key} went from {before} back to {sample.Value}");
            }

            last[(sample.Key, sample.Epoch)] = sample.Value;
        }
    }

    private static IEnumerable<Finding> Trigger(Evidence evidence)
    {
        foreach (var id in evidence.Firings.GroupBy(firing => firing.Id).Where(firings => firings.Count() > 1)) yield return new Finding(Invariant.Trigger, $"{id.Key} fired {id.Count()} times");
        foreach (var chain in evidence.Firings.GroupBy(firing => (firing.Rule, firing.Table)))
        {
            // Each range begins where one before it ended, the first at the beginning of the table.
            var begins = chain.GroupBy(firing => firing.FromSnapshot).ToDictionary(firings => firings.Key, firings => firings.ToList());
            foreach (var (from, firings) in begins.Where(begin => begin.Value.Count > 1)) yield return new Finding(Invariant.Trigger, $"{chain.Key} fired {firings.Count} times from snapshot {from}");
            long at = 0;
            int walked = 0;
            for (; begins.TryGetValue(at, out var next) && walked < chain.Count(); walked++) at = next[0].ToSnapshot;
            if (walked < begins.Count) yield return new Finding(Invariant.Trigger, $"{chain.Key}: of {begins.Count} ranges only {walked} follow each other from the beginning");
        }

        foreach (var job in evidence.Jobs.GroupBy(job => job).Where(jobs => jobs.Count() > 1)) yield return new Finding(Invariant.Trigger, $"{job.Count()} jobs for the firing {job.Key}");
        var fired = evidence.Firings.Select(firing => firing.Id).ToHashSet();
        foreach (string job in evidence.Jobs.Where(job => !fired.Contains(job))) yield return new Finding(Invariant.Trigger, $"a job for {job}, which never fired");
        foreach (string id in fired.Except(evidence.Jobs)) yield return new Finding(Invariant.Trigger, $"no job for the firing {id}");
    }

    private static IEnumerable<Finding> Liveness(Evidence evidence)
    {
        foreach (var (after, took) in evidence.Liveness.Where(probe => probe.Took > LivenessLimit)) yield return new Finding(Invariant.Liveness, $"after {after} a fresh upload took {took.TotalSeconds:F0} s");
        foreach (string death in evidence.Deaths) yield return new Finding(Invariant.Liveness, $"the server died: {death}");
    }

    private static IEnumerable<Finding> Memory(Evidence evidence) => evidence.PeakBytes.Where(peak => peak > evidence.MemoryCapBytes)
        .Select(peak => new Finding(Invariant.Memory, $"a server took {peak >> 20} MiB, more than {evidence.MemoryCapBytes >> 20} MiB"));

    private static IEnumerable<Finding> Orphans(Evidence evidence) =>
        evidence.Orphans.Select(orphan => new Finding(Invariant.Orphans, $"nothing refers to {orphan} after a sweep"))
            .Concat(evidence.Missing.Select(missing => new Finding(Invariant.Orphans, $"{missing} is referred to and gone")));

    private static IEnumerable<Finding> Coverage(Evidence evidence) => evidence.Required.Where(kind => evidence.Occurred.GetValueOrDefault(kind) == 0)
        .Select(kind => new Finding(Invariant.Coverage, $"the run has not seen one {kind}, and so proves nothing about it"));

    private static IEnumerable<Finding> Readable(Evidence evidence) => evidence.FailedReads.Select(failure => new Finding(Invariant.Readable, failure));

#pragma warning disable CA5351 // DuckDB's only short digest of a text.
    private static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351
}
