using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Commands.Queries;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Microsoft.Extensions.Logging;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Api;

public class ApiErrorTests
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_error_names_its_request_in_body_header_and_log()
    {
        var log = new ListLog();
        using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(log));
        await using var host = ApiHost.Create(loggers);
        var queries = host.StandIn<IMeshQueries>();
        queries.FindProductAsync("refused", Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH11031", "There is none."));
        queries.FindProductAsync("busy", Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH8202", "It is busy.", isTransient: true));
        queries.FindProductAsync("broken", Arg.Any<CancellationToken>()).ThrowsAsync(new InvalidOperationException("a secret of the inside"));
        using var client = await host.StartAsync();

        (await AskAsync("products/refused")).ShouldBe((HttpStatusCode.BadRequest, "MESH11031"));
        (await AskAsync("products/busy")).ShouldBe((HttpStatusCode.ServiceUnavailable, "MESH8202"));
        (await AskAsync("products/broken")).ShouldBe((HttpStatusCode.InternalServerError, "MESH13401"));

        async Task<(HttpStatusCode, string?)> AskAsync(string path)
        {
            using var response = await client.GetAsync(new Uri("/api/v1/" + path, UriKind.Relative), None);
            var error = await response.Content.ReadFromJsonAsync<JsonElement>(None);
            string id = response.Headers.GetValues("Mesh-Request-Id").Single();
            error.GetProperty("requestId").GetString().ShouldBe(id);
            error.GetProperty("message").GetString()!.ShouldNotContain("secret");
            log.Lines.ShouldContain(line => line.Contains(id) && line.Contains(path));
            return (response.StatusCode, error.GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task What_is_not_there_is_a_bare_404_with_the_requests_id()
    {
        await using var host = ApiHost.Create();
        host.StandIn<IMeshQueries>().FindProductAsync("absent", Arg.Any<CancellationToken>()).Returns((ProductView?)null);
        using var client = await host.StartAsync();

        using var response = await client.GetAsync(new Uri("/api/v1/products/absent", UriKind.Relative), None);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync(None)).ShouldBeEmpty();
        response.Headers.Contains("Mesh-Request-Id").ShouldBeTrue();
    }

    [Fact]
    public async Task A_list_answers_an_array_unless_a_page_is_asked_for()
    {
        await using var host = ApiHost.Create();
        var queries = host.StandIn<IMeshQueries>();
        queries.ListRecordingsAsync(7, Arg.Any<CancellationToken>()).Returns([]);
        queries.ListRecordingsAsync(Arg.Any<RecordingQuery>(), Arg.Any<CancellationToken>()).Returns(call => new Page<RecordingRow>([], 1234, call.Arg<RecordingQuery>().Number, call.Arg<RecordingQuery>().Size));
        using var client = await host.StartAsync();

        (await client.GetStringAsync(new Uri("/api/v1/recordings?limit=7", UriKind.Relative), None)).ShouldBe("[]");
        var page = await client.GetFromJsonAsync<JsonElement>(new Uri("/api/v1/recordings?state=dead-lettered&sort=-size&page=3&page_size=50&from=2026-11-30", UriKind.Relative), None);
        (page.GetProperty("total").GetInt64(), page.GetProperty("number").GetInt32(), page.GetProperty("size").GetInt32()).ShouldBe((1234, 3, 50));
        await queries.Received().ListRecordingsAsync(
            new RecordingQuery { State = RecordingState.DeadLettered, Sort = RecordingSort.Size, Page = 3, PageSize = 50, From = new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero) }, Arg.Any<CancellationToken>());

        using var wrong = await client.GetAsync(new Uri("/api/v1/recordings?page=1&state=lost", UriKind.Relative), None);
        (wrong.StatusCode, (await wrong.Content.ReadFromJsonAsync<JsonElement>(None)).GetProperty("code").GetString()).ShouldBe((HttpStatusCode.BadRequest, "MESH11093"));
    }

    private sealed class ListLog : ILoggerProvider, ILogger
    {
        private readonly List<string> lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (lines) return [.. lines];
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines) lines.Add(formatter(state, exception));
        }
    }
}
