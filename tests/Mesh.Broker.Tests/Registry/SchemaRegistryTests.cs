using System.Net;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Mesh.Broker.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Tests.Registry;

public sealed class SchemaRegistryTests : IAsyncLifetime
{
    private const string Proto = "syntax = \"proto3\"; message A { string x = 1; }";
    private TestBroker broker = null!;
    private WebApplication app = null!;
    private SchemaRegistry registry = null!;
    private HttpClient http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        broker = await TestBroker.StartAsync();
        await ServeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopServingAsync();
        await broker.DisposeAsync();
    }

    [Fact]
    public async Task A_registered_schema_is_found_by_id_subject_and_content()
    {
        int id = (await PostAsync("/subjects/a-value/versions", Body(Proto, "PROTOBUF"))).GetProperty("id").GetInt32();

        id.ShouldBe(1);
        var byId = await GetAsync($"/schemas/ids/{id}");
        byId.GetProperty("schema").GetString().ShouldBe(Proto);
        byId.GetProperty("schemaType").GetString().ShouldBe("PROTOBUF");
        var latest = await GetAsync("/subjects/a-value/versions/latest");
        latest.GetProperty("version").GetInt32().ShouldBe(1);
        latest.GetProperty("id").GetInt32().ShouldBe(id);
        latest.GetProperty("schema").GetString().ShouldBe(Proto);
        var lookup = await PostAsync("/subjects/a-value", Body(Proto, "PROTOBUF"));
        lookup.GetProperty("id").GetInt32().ShouldBe(id);
        lookup.GetProperty("subject").GetString().ShouldBe("a-value");
        (await GetAsync("/subjects")).EnumerateArray().Select(each => each.GetString()).ShouldBe(["a-value"]);
        (await GetAsync("/subjects/a-value/versions")).EnumerateArray().Select(each => each.GetInt32()).ShouldBe([1]);
        (await GetAsync("/schemas/types")).EnumerateArray().Select(each => each.GetString()).ShouldContain("PROTOBUF");
        (await GetAsync("/config")).GetProperty("compatibilityLevel").GetString().ShouldBe("NONE");
    }

    [Fact]
    public async Task The_same_schema_has_one_id_everywhere_and_one_version_per_subject()
    {
        int first = (await PostAsync("/subjects/a/versions", Body(Proto, "PROTOBUF"))).GetProperty("id").GetInt32();
        int again = (await PostAsync("/subjects/a/versions", Body(Proto, "PROTOBUF"))).GetProperty("id").GetInt32();
        int other = (await PostAsync("/subjects/b/versions", Body(Proto, "PROTOBUF"))).GetProperty("id").GetInt32();
        int changed = (await PostAsync("/subjects/a/versions", Body(Proto + " // more", "PROTOBUF"))).GetProperty("id").GetInt32();
        int avro = (await PostAsync("/subjects/a/versions", Body("\"string\"", null))).GetProperty("id").GetInt32();

        again.ShouldBe(first);
        other.ShouldBe(first);
        changed.ShouldBe(first + 1);
        avro.ShouldBe(first + 2);
        (await GetAsync("/subjects/a/versions")).GetArrayLength().ShouldBe(3);
        (await GetAsync($"/schemas/ids/{first}/versions")).GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Ids_and_versions_survive_a_restart()
    {
        await PostAsync("/subjects/a/versions", Body(Proto, "PROTOBUF"));
        int second = (await PostAsync("/subjects/b/versions", Body("{\"type\":\"object\"}", "JSON"))).GetProperty("id").GetInt32();
        await StopServingAsync();
        await broker.RestartAsync();
        await ServeAsync();

        (await GetAsync($"/schemas/ids/{second}")).GetProperty("schemaType").GetString().ShouldBe("JSON");
        (await PostAsync("/subjects/b/versions", Body("{\"type\":\"object\"}", "JSON"))).GetProperty("id").GetInt32().ShouldBe(second);
        (await PostAsync("/subjects/c/versions", Body("{\"type\":\"array\"}", "JSON"))).GetProperty("id").GetInt32().ShouldBe(second + 1);
        registry.Dispose();
    }

    [Fact]
    public async Task References_must_exist_and_come_back()
    {
        await PostAsync("/subjects/base.proto/versions", Body(Proto, "PROTOBUF"));
        object reference = new { name = "base.proto", subject = "base.proto", version = 1 };
        await PostAsync("/subjects/user/versions", JsonSerializer.Serialize(new { schema = "import \"base.proto\";", schemaType = "PROTOBUF", references = new[] { reference } }));
        string dangling = JsonSerializer.Serialize(new { schema = "import \"x.proto\";", schemaType = "PROTOBUF", references = new[] { new { name = "x.proto", subject = "x", version = 1 } } });

        (await GetAsync("/subjects/user/versions/1")).GetProperty("references")[0].GetProperty("subject").GetString().ShouldBe("base.proto");
        await ShouldFailAsync(HttpMethod.Post, "/subjects/user/versions", dangling, HttpStatusCode.UnprocessableEntity, 42201);
    }

    [Theory]
    [InlineData("GET", "/subjects/none/versions", null, 404, 40401)]
    [InlineData("GET", "/subjects/none/versions/1", null, 404, 40401)]
    [InlineData("GET", "/subjects/a/versions/2", null, 404, 40402)]
    [InlineData("GET", "/subjects/a/versions/zero", null, 422, 42202)]
    [InlineData("GET", "/subjects/a/versions/0", null, 422, 42202)]
    [InlineData("GET", "/schemas/ids/77", null, 404, 40403)]
    [InlineData("POST", "/subjects/none", "{\"schema\":\"\\\"int\\\"\"}", 404, 40401)]
    [InlineData("POST", "/subjects/a", "{\"schema\":\"\\\"int\\\"\"}", 404, 40403)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"{ not json\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"x\",\"schemaType\":\"THRIFT\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "not json at all", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "null", 422, 42201)]
    public async Task Errors_carry_the_codes_clients_know(string method, string path, string? body, int status, int code)
    {
        await PostAsync("/subjects/a/versions", Body(Proto, "PROTOBUF"));

        await ShouldFailAsync(new HttpMethod(method), path, body, (HttpStatusCode)status, code);
    }

    [Fact]
    public async Task The_log_holds_records_as_other_registries_write_them()
    {
        await PostAsync("/subjects/a/versions", Body(Proto, "PROTOBUF"));
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = "g" }).Build();
        consumer.Assign(new TopicPartitionOffset(SchemaRegistry.TopicName, 0, 0));
        var record = consumer.Consume(TimeSpan.FromSeconds(20)).ShouldNotBeNull();

        record.Message.Key.ShouldBe("{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":1,\"magic\":1}");
        using var value = JsonDocument.Parse(record.Message.Value);
        value.RootElement.GetProperty("schema").GetString().ShouldBe(Proto);
        value.RootElement.GetProperty("id").GetInt32().ShouldBe(1);
        value.RootElement.GetProperty("deleted").GetBoolean().ShouldBeFalse();
    }

    private static string Body(string schema, string? type) =>
        type is null ? JsonSerializer.Serialize(new { schema }) : JsonSerializer.Serialize(new { schema, schemaType = type });

    private async Task<JsonElement> GetAsync(string path) => await SendAsync(HttpMethod.Get, path, null, HttpStatusCode.OK);

    private async Task<JsonElement> PostAsync(string path, string body) => await SendAsync(HttpMethod.Post, path, body, HttpStatusCode.OK);

    private async Task ShouldFailAsync(HttpMethod method, string path, string? body, HttpStatusCode status, int code)
    {
        var error = await SendAsync(method, path, body, status);
        error.GetProperty("error_code").GetInt32().ShouldBe(code);
        error.GetProperty("message").GetString().ShouldNotBeNullOrWhiteSpace();
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, string? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/vnd.schemaregistry.v1+json");
        using var response = await http.SendAsync(request, Cancellation);
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        response.StatusCode.ShouldBe(expected, text);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/vnd.schemaregistry.v1+json");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private async Task ServeAsync()
    {
        registry = await SchemaRegistry.StartAsync(broker.Broker, Cancellation);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.MapSchemaRegistry(registry);
        await app.StartAsync(Cancellation);
        http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
    }

    private async Task StopServingAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        registry.Dispose();
    }
}
