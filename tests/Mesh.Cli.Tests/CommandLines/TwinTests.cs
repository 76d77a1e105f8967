using System.CommandLine;
using System.Text.Json;
using Mesh.Cli.Commands;
using Mesh.Cli.Commands.Compression;
using Mesh.Cli.Commands.Governance;
using Mesh.Cli.Commands.Maintenance;
using Mesh.Cli.Commands.Studies;
using Mesh.Commands;
using Mesh.Commands.CommandLines;
using Mesh.Commands.Compression;
using Mesh.Commands.Governance;
using Mesh.Commands.Jobs;
using Mesh.Commands.Maintenance;
using Mesh.Commands.Recordings;
using Mesh.Commands.Replay;
using Mesh.Commands.Studies;
using Mesh.Commands.Topologies;
using Mesh.Commands.Triggers;
using Mesh.Lakehouse.Iceberg;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Policy;

namespace Mesh.Cli.Tests.CommandLines;

/// <summary>What the console shows as a command is what it does: each printed line, as bash reads it, gives the record it was printed from.</summary>
public class TwinTests
{
    private static readonly RootCommand Root = MeshProgram.CreateRoot();

    [Fact]
    public void Replay_of_recordings() => Holds(
        words => new RecordingReplayRequest
        {
            Topology = words.Word(), Recordings = words.Bool() ? words.Words(1) : null, Vehicle = words.MaybeWord(), Since = words.Maybe(words.Time), Until = words.Maybe(words.Time),
            BytesPerSecond = words.Maybe(words.Size), Parallelism = words.Int(3), DryRun = words.Bool(),
        },
        request => request.ToCommandLine(), ReplayCommand.Read);

    [Fact]
    public void Replay_of_dead_letters() =>
        Holds(words => new LetterReplayRequest { Filter = Filter(words), Topology = words.MaybeWord() }, request => request.ToCommandLine(), DeadLettersCommand.ReadReplay);

    [Fact]
    public void Dropping_dead_letters() =>
        Holds(words => new LetterDropRequest { Filter = Filter(words), Reason = words.Word() }, request => request.ToCommandLine(), DeadLettersCommand.ReadDrop);

    [Fact]
    public void Listing_dead_letters() => Holds(
        words => Filter(words) with { Ids = null, State = words.Maybe(() => (DeadLetterState)words.Int(4)) }, filter => ReplayLines.List(filter), DeadLettersCommand.ReadList);

    [Theory]
    [InlineData(ReplayState.Paused, "pause")]
    [InlineData(ReplayState.Running, "resume")]
    [InlineData(ReplayState.Stopped, "stop")]
    public void Changing_a_replay(ReplayState state, string verb) => Holds(words => words.Word(), id => ReplayLines.Change(id, state), parsed =>
    {
        parsed.CommandResult.Command.Name.ShouldBe(verb);
        return parsed.GetValue<string>("ID")!;
    });

    [Fact]
    public void Switching_a_product() => Holds(
        words => (Product: words.Word(), Request: new ProductSwitchRequest { To = words.Int(1000), Reason = words.MaybeWord() ?? "", By = Environment.UserName }),
        asked => asked.Request.ToCommandLine(asked.Product), parsed => (Product: parsed.GetValue<string>("PRODUCT")!, Request: ProductVersionCommands.Read(parsed)));

    [Fact]
    public void Compaction() => OfTable(
        words => new CompactRequest
        {
            DryRun = words.Bool(), Sort = words.Bool(), SortBy = words.Bool() ? [.. words.Words(1).Select(Column)] : null, TargetFileBytes = words.Maybe(words.Size),
            MinInputFiles = words.Maybe(() => words.Int(100)), MaxBytes = words.Maybe(words.Size),
        },
        (request, table) => request.ToCommandLine(table), CompactCommand.Read);

    [Fact]
    public void Expiry() => OfTable(
        words => new ExpireRequest { DryRun = words.Bool(), OlderThanSeconds = words.Maybe(words.Seconds), KeepLast = words.Maybe(() => words.Int(100)), ReaderGraceSeconds = words.Maybe(words.Seconds) },
        (request, table) => request.ToCommandLine(table), ExpireCommand.Read);

    [Fact]
    public void Removal_of_orphans() => OfTable(
        words => new OrphansRequest { DryRun = words.Bool(), GraceSeconds = words.Maybe(words.Seconds) }, (request, table) => request.ToCommandLine(table, dropped: true), OrphansCommand.Read);

    [Fact]
    public void Tiers() => OfTable(words => new DryRunRequest(words.Bool()), MaintenanceLines.Tier, MaintenanceCommand.Read);

    [Fact]
    public void Manifests() => OfTable(words => new DryRunRequest(words.Bool()), MaintenanceLines.Manifests, MaintenanceCommand.Read);

    [Fact]
    public void Erasure() => OfTable(
        words => new DeleteRequest { DryRun = words.Bool(), Where = words.Word(), KeepFiles = words.Bool() }, (request, table) => request.ToCommandLine(table!), DeleteCommand.Read, mayBeAll: false);

    [Fact]
    public void Rollback_of_a_table() => OfTable(
        words => new RollbackRequest { DryRun = words.Bool(), To = words.Word() }, (request, table) => request.ToCommandLine(table!), RollbackCommand.Read, mayBeAll: false);

    [Theory]
    [InlineData(SnapshotRefType.Tag)]
    [InlineData(SnapshotRefType.Branch)]
    public void References(SnapshotRefType type) => OfTable(
        words => new ReferenceRequest { Name = words.Word(), Type = type, At = words.MaybeWord(), KeepSeconds = type == SnapshotRefType.Tag ? words.Maybe(words.Seconds) : null },
        (request, table) => request.ToCommandLine(table!), parsed => ReferenceCommands.Read(parsed, type), mayBeAll: false);

    [Fact]
    public void Dropping_a_reference() => OfTable(
        words => new ReferenceRequest { Name = words.Word() }, (request, table) => request.ToCommandLine(table!, drop: true), ReferenceCommands.ReadDrop, mayBeAll: false);

    [Fact]
    public void Promotion() => Decides(words => Version(words, GovernanceAction.Promote) with { To = words.Word() }, ModelDecisionCommands.ReadPromote);

    [Fact]
    public void Rejection() => Decides(words => Version(words, GovernanceAction.Promote) with { To = Lifecycle.Rejected }, ModelDecisionCommands.ReadReject);

    [Fact]
    public void Approval() => Decides(words => Version(words, GovernanceAction.Approve), ModelDecisionCommands.ReadApprove);

    [Fact]
    public void Rollback_of_a_model() => Decides(words => Version(words, GovernanceAction.Rollback) with { Version = 0 }, ModelDecisionCommands.ReadRollback);

    [Fact]
    public void Alias() => Decides(words => Version(words, GovernanceAction.Alias) with { Alias = words.Word() }, ModelDecisionCommands.ReadAlias);

    [Fact]
    public void Withdrawal() => Decides(words => Version(words, GovernanceAction.Withdraw) with { Model = "", Version = 0, Recordings = words.Words(1) }, WithdrawCommands.Read);

    [Fact]
    public void Freezing() => Holds(words => new FreezeRequest(words.Word(), words.Word(), words.MaybeWord(), words.MaybeWord()), request => request.ToCommandLine(), HoldoutsCommand.Read);

    [Fact]
    public void Hand_over() => Holds(
        words => (Model: words.Word(), Folder: words.Word()), asked => GovernanceLines.HandOver(asked.Model, asked.Folder), parsed => (Model: parsed.GetValue<string>("MODEL")!, Folder: parsed.GetValue<string>("--output")!));

    [Fact]
    public void Gates() => Holds(
        words => (Model: words.Word(), To: words.MaybeWord() ?? ""), asked => GovernanceLines.Gates(asked.Model, asked.To), parsed => (Model: parsed.GetValue<string>("MODEL")!, To: parsed.GetValue<string?>("--to") ?? ""));

    [Fact]
    public void Compression() => Named("MODEL", words => new CompressRequest(words.Words(0)), (request, model) => request.ToCommandLine(model), CompressionCommands.Read);

    [Fact]
    public void Firing() => Named("RULE", words => new FireRequest(words.Word()), (request, rule) => request.ToCommandLine(rule), TriggersCommand.Read);

    [Fact]
    public void Cancelling() => Named("ID", words => new StopRequest(words.Word()), JobLines.Cancel, JobsCommand.ReadStop);

    [Fact]
    public void Preempting() => Named("ID", words => new StopRequest(words.Word()), JobLines.Preempt, JobsCommand.ReadStop);

    [Fact]
    public void Stopping_a_study() => Named("NAME", words => new StopRequest(words.Word()), JobLines.StopStudy, JobsCommand.ReadStop);

    [Fact]
    public void Resuming_a_study() => Named("NAME", words => new ResumeRequest(words.Maybe(() => words.Int(100))), (request, name) => request.ToCommandLine(name), StudiesCommand.ReadResume);

    [Fact]
    public void Retiring_a_topology() => Holds(
        words => (Name: words.Word().Replace('@', '_'), Request: new RetireRequest(words.Maybe(() => words.Int(100)))), asked => asked.Request.ToCommandLine(asked.Name), TopologyCommand.ReadRetire);

    [Fact]
    public void Files_of_topologies_and_studies()
    {
        string folder = Directory.CreateTempSubdirectory("mesh-cli").FullName;
        string File(HardWords words)
        {
            string path = Path.Combine(folder, words.Word().Replace('/', '_') + ".yaml");
            System.IO.File.WriteAllText(path, "kind: Topology\n");
            return path;
        }

        Holds(words => new TopologyRequest(File(words), "kind: Topology\n"), TopologyLines.Plan, TopologyCommand.Read);
        Holds(words => new TopologyRequest(File(words), "kind: Topology\n"), TopologyLines.Apply, TopologyCommand.Read);
        Holds(words => new TopologyRequest(File(words), "kind: Topology\n"), TopologyLines.PlanTriggers, TopologyCommand.Read);
        Holds(words => new StudyRequest(File(words), "kind: Topology\n"), request => request.ToCommandLine(), StudiesCommand.ReadRun);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Publishing() => Holds(
        words => new PublishRequest { Files = words.Words(1), Vehicle = words.Word(), Session = words.MaybeWord() ?? "", Wait = words.Bool() }, request => request.ToCommandLine(), PublishCommand.Read);

    private static DeadLetterFilter Filter(HardWords words) => new()
    {
        Ids = words.Bool() ? words.Words(1) : null, Stage = words.MaybeWord(), Code = words.Word(), Recording = words.MaybeWord(), Vehicle = words.MaybeWord(), Channel = words.MaybeWord(),
        Since = words.Maybe(words.Time), Until = words.Maybe(words.Time),
    };

    // Commas part the columns, and spaces around them do not count.
    private static string Column(string word) => "c" + word.Replace(',', '_').Trim();

    private static GovernanceRequest Version(HardWords words, GovernanceAction action) => new() { Action = action, Model = "m" + words.Word(), Version = 1 + words.Int(100), Reason = words.Word(), KeySha256 = "" };

    private static void Decides(Func<HardWords, GovernanceRequest> make, Func<ParseResult, GovernanceRequest> read) => Holds(
        words => (Identity: words.Word(), Request: make(words)), asked => asked.Request.ToCommandLine(asked.Identity), parsed => (Identity: parsed.GetValue<string>("--as")!, Request: read(parsed)));

    private static void Named<T>(string argument, Func<HardWords, T> make, Func<T, string, CommandLine> print, Func<ParseResult, T> read) => Holds(
        words => (Name: words.Word(), Request: make(words)), asked => print(asked.Request, asked.Name), parsed => (Name: parsed.GetValue<string>(argument)!, Request: read(parsed)));

    private static void OfTable<T>(Func<HardWords, T> make, Func<T, string?, CommandLine> print, Func<ParseResult, T> read, bool mayBeAll = true) => Holds(
        words => (Table: mayBeAll ? words.MaybeWord() : words.Word(), Request: make(words)), asked => print(asked.Request, asked.Table), parsed =>
        {
            string? table = parsed.GetValue<string?>("TABLE");
            if (mayBeAll) parsed.GetValue<bool>("--all").ShouldBe(table is null);
            return (Table: table, Request: read(parsed));
        });

    private static void Holds<T>(Func<HardWords, T> make, Func<T, CommandLine> print, Func<ParseResult, T> read)
    {
        List<T> requests = [.. Enumerable.Range(0, 150).Select(seed => make(new HardWords(seed)))];
        List<CommandLine> lines = [.. requests.Select(print)];
        var words = Shell.Read("bash", lines);
        words.Count.ShouldBe(lines.Count);
        for (int i = 0; i < lines.Count; i++)
        {
            var parsed = Root.Parse(words[i]);
            parsed.Errors.Select(error => error.Message).ShouldBeEmpty(lines[i].ToString());
            Text(read(parsed)).ShouldBe(Text(requests[i]), lines[i].ToString());
        }
    }

    private static readonly JsonSerializerOptions Fields = new(MeshJson.Options) { IncludeFields = true };

    private static string Text<T>(T value) => JsonSerializer.Serialize(value, Fields);
}
