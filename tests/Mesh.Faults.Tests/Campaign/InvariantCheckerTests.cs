using System.Security.Cryptography;
using System.Text;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>The checker itself: what is right passes, and of every promise a broken one is found.</summary>
public sealed class InvariantCheckerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Upload good, torn;
    private readonly Evidence right;

    public InvariantCheckerTests()
    {
        good = Make(1, ContentFault.BrokenPayloads);
        torn = Make(2, ContentFault.Truncated);
        right = Right();
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_right_passes() => InvariantChecker.Check(right).ShouldBeEmpty();

    [Fact]
    public void A_message_that_is_in_no_table_is_found() =>
        Only(right with { Rows = [.. right.Rows.Where(row => row is not { Recording: var id, Channel: Content.Left, Sequence: 5 } || id != good.IngestId)], OwnRows = Own(-1) }, Invariant.Conservation, "messages 5 (1)");

    [Fact]
    public void An_acknowledged_upload_that_the_server_forgot_is_found() =>
        Only(right with { Accounts = right.Accounts.Where(account => account.Key != good.IngestId).ToDictionary() }, Invariant.Conservation, "does not know");

    [Fact]
    public void An_upload_that_never_came_to_its_end_is_found() => Only(WithAccount(good, account => account with { State = "accepted" }), Invariant.Conservation, "it is accepted");

    [Fact]
    public void A_whole_upload_among_the_dead_letters_is_found() => Only(WithAccount(good, account => account with { State = "deadlettered" }), Invariant.Conservation, "deadlettered");

    [Fact]
    public void An_account_that_does_not_close_is_found() => Found(WithAccount(torn, account => account with { MessagesIn = account.MessagesIn + 1 }), Invariant.Conservation, "does not close");

    [Fact]
    public void A_dead_letter_that_is_missing_is_found_and_one_that_came_twice_is_right()
    {
        Found(right with { Letters = [.. right.Letters.Skip(1)] }, Invariant.Conservation, "dead letters");
        InvariantChecker.Check(right with { Letters = [.. right.Letters, right.Letters[0]] }).ShouldBeEmpty();
    }

    [Fact]
    public void A_dead_letter_of_a_failure_that_nobody_foresaw_is_found() =>
        Found(right with { Letters = [.. right.Letters, new Letter("other", "MESH2199", "", -1, 1)] }, Invariant.Conservation, "nobody foresaw");

    [Fact]
    public void Bytes_that_are_missing_without_a_loss_are_found() => Only(WithAccount(torn, account => account with { Losses = 0 }), Invariant.Conservation, "no loss reported");

    [Fact]
    public void A_commit_of_another_writer_that_was_acknowledged_and_is_gone_is_found() => Only(right with { ForeignCommitsLost = ["commit 7"] }, Invariant.Conservation, "commit 7");

    [Fact]
    public void Synchronised_rows_that_are_missing_are_found() =>
        Found(right with { Frames = new Dictionary<string, (long, long)> { [good.IngestId] = (4, 4) } }, Invariant.Conservation, "synchronised");

    [Fact]
    public void A_row_that_is_there_twice_is_found() => Found(right with { Rows = [.. right.Rows, right.Rows[0]] }, Invariant.Uniqueness, "2 times");

    [Fact]
    public void A_row_that_is_in_two_tables_is_found() => Found(right with { Rows = [.. right.Rows, right.Rows[0] with { Table = "raw.other" }] }, Invariant.Uniqueness, "raw.other");

    [Fact]
    public void A_synchronised_row_that_is_there_twice_is_found() =>
        Found(right with { Frames = new Dictionary<string, (long, long)> { [good.IngestId] = (5, 4) } }, Invariant.Uniqueness, "synchronised");

    [Fact]
    public void A_file_of_two_snapshots_is_found() => Only(right with { FilesTwice = ["a.parquet by 1,2"] }, Invariant.Uniqueness, "a.parquet");

    [Fact]
    public void A_value_that_has_changed_is_found()
    {
        foreach (var wrong in new[]
        {
            right.Rows[0] with { Token = 1 }, right.Rows[0] with { Value = 0.5 }, right.Rows[0] with { TextMd5 = "" }, right.Rows[0] with { Extra = 1 },
        })
        {
            Only(right with { Rows = [wrong, .. right.Rows.Skip(1)] }, Invariant.Integrity, "was recorded with token");
        }
    }

    [Fact]
    public void A_row_with_another_messages_values_is_found()
    {
        var (one, other) = (right.Rows[0], right.Rows[1]);
        InvariantChecker.Check(right with { Rows = [one with { Sequence = other.Sequence }, other with { Sequence = one.Sequence }, .. right.Rows.Skip(2)] })
            .ShouldAllBe(finding => finding.Invariant == Invariant.Integrity && finding.What.Contains("holds the message", StringComparison.Ordinal));
    }

    [Fact]
    public void Readers_that_disagree_are_found()
    {
        Only(right with { Disagreements = ["hyparquet"] }, Invariant.Integrity, "hyparquet");
        Only(right with { OwnRows = Own(1) }, Invariant.Integrity, "Mesh");
    }

    [Fact]
    public void A_row_that_nobody_uploaded_is_found()
    {
        Found(right with { Rows = [.. right.Rows, right.Rows[0] with { Recording = "unknown" }] }, Invariant.NoInvention, "never uploaded");
        Found(right with { Rows = [.. right.Rows, right.Rows[0] with { Index = 1_000_000, Sequence = 1_000_000 }] }, Invariant.NoInvention, "never uploaded");
    }

    [Fact]
    public void A_row_of_a_message_that_cannot_be_read_is_found() =>
        Found(right with { Rows = [.. right.Rows, RowOf(good, Content.Left, 3)] }, Invariant.NoInvention, "cannot be read");

    [Fact]
    public void A_position_that_goes_back_is_found_unless_somebody_set_it_back()
    {
        Only(right with { Offsets = [new("a", 5, 0), new("b", 1, 0), new("a", 4, 0)] }, Invariant.Offsets, "from 5 back to 4");
        InvariantChecker.Check(right with { Offsets = [new("a", 5, 0), new("a", 4, 1), new("a", 4, 1)] }).ShouldBeEmpty();
    }

    [Fact]
    public void A_trigger_that_fired_twice_for_a_range_is_found() =>
        Found(right with { Firings = [.. right.Firings, right.Firings[1] with { Id = "3" }], Jobs = [.. right.Jobs, "3"] }, Invariant.Trigger, "2 times from snapshot 10");

    [Fact]
    public void A_range_that_no_firing_covers_is_found() => Only(right with { Firings = [right.Firings[0], right.Firings[1] with { FromSnapshot = 11 }] }, Invariant.Trigger, "only 1 follow");

    [Fact]
    public void A_firing_without_a_job_and_one_with_two_are_found()
    {
        Only(right with { Jobs = ["1"] }, Invariant.Trigger, "no job for the firing 2");
        Only(right with { Jobs = ["1", "2", "2"] }, Invariant.Trigger, "2 jobs");
        Only(right with { Jobs = ["1", "2", "x"] }, Invariant.Trigger, "never fired");
    }

    [Fact]
    public void A_probe_that_took_too_long_and_a_server_that_died_are_found()
    {
        Only(right with { Liveness = [("a fault", TimeSpan.FromSeconds(61))] }, Invariant.Liveness, "a fault");
        Only(right with { Deaths = ["exit code 134"] }, Invariant.Liveness, "134");
    }

    [Fact]
    public void Memory_beyond_the_cap_is_found() => Only(right with { PeakBytes = [right.MemoryCapBytes + 1] }, Invariant.Memory, "MiB");

    [Fact]
    public void Orphans_and_missing_files_are_found()
    {
        Only(right with { Orphans = ["left.parquet"] }, Invariant.Orphans, "left.parquet");
        Only(right with { Missing = ["gone.parquet"] }, Invariant.Orphans, "gone.parquet");
    }

    [Fact]
    public void A_run_that_has_not_seen_a_fault_is_found_vacuous() => Only(right with { Required = ["kill", "unknown-commit"] }, Invariant.Coverage, "unknown-commit");

    [Fact]
    public void A_table_that_others_could_not_read_is_found() => Only(right with { FailedReads = ["no such file"] }, Invariant.Readable, "no such file");

    [Fact]
    public async Task The_same_seed_gives_the_same_uploads()
    {
        var (one, other) = (new Workload(7, folder.Path, 1_000), new Workload(7, folder["again"], 1_000));
        Directory.CreateDirectory(folder["again"]);
        for (int i = 0; i < 40; i++)
        {
            var (a, b) = (await one.NextAsync(TestContext.Current.CancellationToken), await other.NextAsync(TestContext.Current.CancellationToken));
            b.Content.Number.ShouldBe(a.Content.Number);
            b.Vehicle.ShouldBe(a.Vehicle);
            b.IngestId.ShouldBe(a.IngestId, a.ToString());
        }
    }

    private static void Found(Evidence evidence, Invariant invariant, string what) =>
        InvariantChecker.Check(evidence).ShouldContain(finding => finding.Invariant == invariant && finding.What.Contains(what, StringComparison.Ordinal));

    private static void Only(Evidence evidence, Invariant invariant, string what)
    {
        var findings = InvariantChecker.Check(evidence);
        findings.ShouldNotBeEmpty();
        findings.ShouldAllBe(finding => finding.Invariant == invariant);
        findings.ShouldContain(finding => finding.What.Contains(what, StringComparison.Ordinal));
    }

    private Upload Make(int number, ContentFault fault)
    {
        var content = new Content(1, number, ContentFormat.Mcap, fault, References: 5, BigBytes: 100);
        File.WriteAllText(folder[content.FileName], $"{number}");
        return new Upload(content, folder[content.FileName], "V1", "");
    }

    private static LakeRow RowOf(Upload upload, string channel, long index)
    {
        long token = upload.Content.TokenOf(channel, index);
#pragma warning disable CA5351 // As the checker.
        string digest = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(upload.Content.TextOf(channel, index))));
#pragma warning restore CA5351
        return new LakeRow("raw.reading", upload.IngestId, channel, index, index, token, Derived.Value(token), digest, null);
    }

    private Evidence WithAccount(Upload upload, Func<Account, Account> change) =>
        right with { Accounts = right.Accounts.ToDictionary(account => account.Key, account => account.Key == upload.IngestId ? change(account.Value) : account.Value) };

    /// <summary>Mesh's own counts, with some rows more of the good recording.</summary>
    private Dictionary<(string, string), long> Own(long more) => right.OwnRows.ToDictionary(own => own.Key, own => own.Value + (own.Key.Recording == good.IngestId ? more : 0));

    private Evidence Right()
    {
        var rows = new List<LakeRow>();
        var letters = new List<Letter>();
        foreach (var (channel, count) in good.Content.Counts)
        {
            for (int index = 0; index < count; index++)
            {
                if (good.Content.IsPoison(channel, index)) letters.Add(new Letter(good.IngestId, "MESH10311", channel, index, 1));
                else rows.Add(RowOf(good, channel, index));
            }
        }

        int whole = rows.Count;
        for (int index = 0; index < 7; index++) rows.Add(RowOf(torn, Content.Left, index));
        return new Evidence
        {
            Acknowledged = [good, torn],
            Attempted = [good, torn],
            Accounts = new Dictionary<string, Account>
            {
                [good.IngestId] = new("committed", null, whole + letters.Count, whole, letters.Count, 0, 5, 0),
                [torn.IngestId] = new("committed", null, 7, 7, 0, 0, 0, 1),
            },
            Letters = letters,
            Rows = rows,
            OwnRows = rows.GroupBy(row => (row.Table, row.Recording)).ToDictionary(group => group.Key, group => group.LongCount()),
            Frames = new Dictionary<string, (long, long)> { [good.IngestId] = (5, 5) },
            FilesTwice = [],
            Offsets = [new("a", 1, 0), new("a", 1, 0), new("a", 2, 0)],
            Firings = [new("1", "rule", "raw.frames", 0, 10, 5), new("2", "rule", "raw.frames", 10, 20, 5)],
            Jobs = ["2", "1"],
            Liveness = [("a kill", TimeSpan.FromSeconds(59))],
            PeakBytes = [100],
            MemoryCapBytes = 1_000,
            Orphans = [],
            Missing = [],
            FailedReads = [],
            ForeignCommitsLost = [],
            Disagreements = [],
            Deaths = [],
            Occurred = new Dictionary<string, int> { ["kill"] = 1 },
            Required = ["kill"],
        };
    }
}
