using Mesh.Commands.Compression;
using Mesh.Commands.Configuration;
using Mesh.Commands.EventLog;
using Mesh.Commands.Flow;
using Mesh.Commands.Governance;
using Mesh.Commands.Handoff;
using Mesh.Commands.Jobs;
using Mesh.Commands.Maintenance;
using Mesh.Commands.Media;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Commands.Signals;
using Mesh.Commands.Studies;
using Mesh.Commands.Topologies;
using Mesh.Commands.Tracking;
using Mesh.Commands.Triggers;
using Mesh.Console.Hosting;
using Mesh.Lakehouse.Recordings;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace Mesh.Console.Tests;

/// <summary>The console over HTTP, in this process, before stand-ins that a test sets up.</summary>
public sealed class ConsoleHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private ConsoleHost(WebApplication app, ConsoleServices services)
    {
        this.app = app;
        Services = services;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Client.DefaultRequestHeaders.Add("Accept", "text/html");
    }

    /// <summary>The stand-ins.</summary>
    public ConsoleServices Services { get; }

    /// <summary>A browser without scripts that keeps cookies and follows redirections.</summary>
    public HttpClient Client { get; }

    /// <summary>Starts it.</summary>
    /// <param name="change">Replaces stand-ins.</param>
    public static async Task<ConsoleHost> StartAsync(Func<ConsoleServices, ConsoleServices>? change = null)
    {
        var services = StandIns();
        if (change is not null) services = change(services);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapConsole(services);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new ConsoleHost(app, services);
    }

    /// <summary>Services that answer nothing yet.</summary>
    public static ConsoleServices StandIns()
    {
        var queries = Substitute.For<IMeshQueries>();
        queries.GetStatusAsync(Arg.Any<CancellationToken>()).Returns(new StatusView(
            "1.2.3", true, "/data", DateTimeOffset.UnixEpoch, null, null, null, null, [], new Dictionary<string, long>(), new Dictionary<string, long>(), 1L << 40));
        queries.ListRecordingsAsync(Arg.Any<RecordingQuery>(), Arg.Any<CancellationToken>()).Returns(Nothing<RecordingRow>());
        queries.CountRecordingsAsync(Arg.Any<CancellationToken>()).Returns(new Dictionary<string, long>());
        queries.ListVehiclesAsync(Arg.Any<VehicleQuery>(), Arg.Any<CancellationToken>()).Returns(Nothing<VehicleSummary>());
        queries.ListProductsAsync(Arg.Any<ProductQuery>(), Arg.Any<CancellationToken>()).Returns(Nothing<ProductSummary>());
        queries.ListDeadLettersAsync(Arg.Any<DeadLetterQuery>(), Arg.Any<CancellationToken>()).Returns(Nothing<DeadLetterView>());
        queries.ListReplaysAsync(Arg.Any<ReplayQuery>(), Arg.Any<CancellationToken>()).Returns(Nothing<ReplayEntry>());
        queries.ListJobsAsync(Arg.Any<JobQuery>(), Arg.Any<CancellationToken>()).Returns(Nothing<JobEntry>());
        queries.ListModelsAsync(Arg.Any<ModelQuery>(), Arg.Any<CancellationToken>()).Returns(Nothing<ModelEntry>());
        var governance = Substitute.For<IGovernance>();
        governance.ListDecisionsAsync(Arg.Any<DecisionQuery>(), Arg.Any<CancellationToken>()).Returns(Nothing<DecisionView>());
        return new ConsoleServices
        {
            Queries = queries,
            Maintenance = Substitute.For<IMaintenance>(),
            Replays = Substitute.For<IReplays>(),
            Topologies = Substitute.For<ITopologies>(),
            Flow = Substitute.For<IFlow>(),
            Topics = Substitute.For<ITopics>(),
            Triggers = Substitute.For<ITriggers>(),
            Jobs = Substitute.For<IJobs>(),
            Studies = Substitute.For<IStudies>(),
            Tracking = Substitute.For<ITracking>(),
            Governance = governance,
            Compression = Substitute.For<ICompression>(),
            Handoff = Substitute.For<IHandoff>(),
            Media = Substitute.For<IRecordingMedia>(),
            Signals = Substitute.For<ISignals>(),
            Settings = Settings.Read(new Dictionary<SettingKey, (string, string)>(), new Dictionary<string, string>(), null),
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        };
    }

    /// <summary>A page of a list that holds nothing.</summary>
    public static Page<T> Nothing<T>() => new([], 0, 1, 100);

    /// <summary>A page of a list that holds these and no more.</summary>
    public static Page<T> All<T>(params T[] items) => new(items, items.Length, 1, 100);

    /// <summary>Fetches a page.</summary>
    public async Task<(int Status, string Html)> GetAsync(string url)
    {
        using var response = await Client.GetAsync(new Uri(url, UriKind.Relative), TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Presses the button that runs the plan a page shows.</summary>
    public async Task<(int Status, string Html)> RunPlanAsync(string url, string planHtml)
    {
        var fields = HiddenFields(planHtml[planHtml.LastIndexOf("method=\"post\"", StringComparison.Ordinal)..]);
        using var content = new FormUrlEncodedContent(fields);
        using var response = await Client.PostAsync(new Uri(url, UriKind.Relative), content, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
    }

    private static List<KeyValuePair<string, string>> HiddenFields(string html) =>
        [.. HiddenFieldPattern.Matches(html[..html.IndexOf("</form>", StringComparison.Ordinal)])
            .Select(match => KeyValuePair.Create(System.Net.WebUtility.HtmlDecode(match.Groups[1].Value), System.Net.WebUtility.HtmlDecode(match.Groups[2].Value)))];

    private static readonly System.Text.RegularExpressions.Regex HiddenFieldPattern = new("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"", System.Text.RegularExpressions.RegexOptions.CultureInvariant);
}
