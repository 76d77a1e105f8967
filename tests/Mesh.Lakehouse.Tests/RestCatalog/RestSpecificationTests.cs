using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Lakehouse.Iceberg.Updates;
using Mesh.Lakehouse.RestCatalog;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.RestCatalog;

/// <summary>
/// Requests built straight from the OpenAPI text of the Iceberg REST catalogue, and answers held against it. The text's schemas lie beside this
/// file; they are Apache Iceberg's.
/// </summary>
public sealed class RestSpecificationTests : IAsyncLifetime
{
    private static readonly string SchemaFile = Path.Combine(Repository.Root, "tests", "Mesh.Lakehouse.Tests", "RestCatalog", "rest-catalog-schemas.json");
    private static readonly JsonObject Schemas = JsonNode.Parse(File.ReadAllText(SchemaFile))!["$defs"]!.AsObject();
    private RestFixture server = null!;

    public async ValueTask InitializeAsync() => server = await RestFixture.StartAsync(new RestCatalogueOptions { Token = "sesame", MaxRequestBytes = 100_000 });

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Every_update_and_requirement_of_the_specification_is_read_and_written_back_as_it_was()
    {
        var updates = Schemas["TableUpdate"]!["anyOf"]!.AsArray().Select(reference => Minimal(reference!).AsObject()).ToList();
        updates.Count.ShouldBe(23);
        foreach (var update in updates) RoundTrip(update, (json, element) => TableUpdateJson.Write(json, TableUpdateJson.Read(element)));

        var requirements = Schemas.Where(schema => schema.Key.StartsWith("Assert", StringComparison.Ordinal)).Select(schema => Minimal(schema.Value!).AsObject()).ToList();
        requirements.Count.ShouldBe(8);
        foreach (var requirement in requirements) RoundTrip(requirement, (json, element) => TableRequirementJson.Write(json, TableRequirementJson.Read(element)));

        static void RoundTrip(JsonObject given, Action<Utf8JsonWriter, JsonElement> roundTrip)
        {
            using var document = JsonDocument.Parse(given.ToJsonString());
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer)) roundTrip(json, document.RootElement);
            var written = JsonNode.Parse(buffer.ToArray());
            Holds(written, given).ShouldBeTrue($"{given.ToJsonString()} became {written!.ToJsonString()}");
        }
    }

    [Fact]
    public async Task A_session_of_requests_from_the_text_gets_answers_that_the_text_allows()
    {
        var documents = new JsonObject();
        await Request("GET", "config", null, 200, "CatalogConfig");
        await Request("POST", "namespaces", Filled("CreateNamespaceRequest", ("namespace", """["drive"]"""), ("properties", """{"owner":"me"}""")), 200, "CreateNamespaceResponse");
        await Request("POST", "namespaces", Filled("CreateNamespaceRequest", ("namespace", """["drive"]""")), 409, "IcebergErrorResponse");
        await Request("POST", "namespaces", Filled("CreateNamespaceRequest", ("namespace", """["a","b"]""")), 400, "IcebergErrorResponse");
        await Request("GET", "namespaces", null, 200, "ListNamespacesResponse");
        await Request("GET", "namespaces/drive", null, 200, "GetNamespaceResponse");
        await Request("HEAD", "namespaces/drive", null, 204, null);
        await Request("HEAD", "namespaces/absent", null, 404, null);
        await Request("GET", "namespaces/a%1Fb", null, 404, "IcebergErrorResponse");
        await Request("POST", "namespaces/drive/properties", JsonNode.Parse("""{"removals":["owner","absent"],"updates":{"team":"x"}}"""), 200, "UpdateNamespacePropertiesResponse");
        await Request("POST", "namespaces/drive/properties", JsonNode.Parse("""{"removals":["team"],"updates":{"team":"x"}}"""), 422, "IcebergErrorResponse");
        await Request("GET", "namespaces/drive/tables", null, 200, "ListTablesResponse");
        await Request("GET", "namespaces/drive/views", null, 200, "ListTablesResponse");

        string schema = """{"type":"struct","fields":[{"id":1,"name":"x","type":"long","required":true},{"id":2,"name":"tags","type":{"type":"list","element-id":3,"element":"string","element-required":false},"required":false}]}""";
        var create = Filled("CreateTableRequest", ("name", "\"points\""), ("schema", schema), ("somebody-elses", "[1]"));
        await Request("POST", "namespaces/absent/tables", create, 404, "IcebergErrorResponse");
        await Request("POST", "namespaces/drive/tables", create, 200, "LoadTableResult");
        await Request("POST", "namespaces/drive/tables", create, 409, "IcebergErrorResponse");
        var loaded = await Request("GET", "namespaces/drive/tables/points", null, 200, "LoadTableResult");
        await Request("GET", "namespaces/drive/tables/points?snapshots=refs", null, 200, "LoadTableResult");
        await Request("GET", "namespaces/drive/tables/absent", null, 404, "IcebergErrorResponse");
        await Request("HEAD", "namespaces/drive/tables/points", null, 204, null);
        string uuid = loaded!["metadata"]!["table-uuid"]!.GetValue<string>();
        var commit = Filled("CommitTableRequest",
            ("requirements", $$"""[{"type":"assert-table-uuid","uuid":"{{uuid}}"},{"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":null}]"""),
            ("updates", """[{"action":"set-properties","updates":{"comment":"hello"}}]"""));
        await Request("POST", "namespaces/drive/tables/points", commit, 200, "CommitTableResponse");
        await Request("POST", "namespaces/drive/tables/points", Filled("CommitTableRequest", ("requirements", """[{"type":"assert-current-schema-id","current-schema-id":7}]"""), ("updates", "[]")), 409, "IcebergErrorResponse");
        await Request("POST", "namespaces/drive/tables/points", Filled("CommitTableRequest", ("requirements", "[]"), ("updates", """[{"action":"dance"}]""")), 400, "IcebergErrorResponse");
        await Request("POST", "namespaces/drive/tables/points", JsonNode.Parse("""{"updates":7}"""), 400, "IcebergErrorResponse");
        await Request("POST", "namespaces/drive/tables/points/metrics", JsonNode.Parse("""{"report-type":"commit-report","table-name":"points","snapshot-id":1,"sequence-number":1,"operation":"append","metrics":{}}"""), 204, null);
        await Request("GET", "namespaces/drive/tables/points/credentials", null, 404, "IcebergErrorResponse");
        await Request("POST", "namespaces/drive/tables/points/plan", JsonNode.Parse("{}"), 404, "IcebergErrorResponse");
        commit["identifier"] = JsonNode.Parse("""{"namespace":["drive"],"name":"points"}""");
        await Request("POST", "transactions/commit", new JsonObject { ["table-changes"] = new JsonArray(commit) }, 204, null);
        await Request("POST", "tables/rename", Filled("RenameTableRequest", ("source", """{"namespace":["drive"],"name":"points"}"""), ("destination", """{"namespace":["drive"],"name":"dots"}""")), 204, null);
        await Request("DELETE", "namespaces/drive", null, 409, "IcebergErrorResponse");
        await Request("DELETE", "namespaces/drive/tables/dots", null, 204, null);
        await Request("DELETE", "namespaces/drive/tables/dots", null, 404, "IcebergErrorResponse");
        await Request("DELETE", "namespaces/drive", null, 204, null);

        documents.Count.ShouldBe(25);
        string file = server.Lake.Folder["documents.json"];
        await File.WriteAllTextAsync(file, documents.ToJsonString(), LakeFixture.None);
        var errors = await NodeScript.RunAsync("validate-schema.mjs", SchemaFile, file);
        foreach (var document in errors.EnumerateObject()) document.Value.GetArrayLength().ShouldBe(0, $"{document.Name}: {document.Value}");

        async Task<JsonNode?> Request(string method, string path, JsonNode? body, int status, string? answer)
        {
            var (actual, response) = await server.SendAsync(new HttpMethod(method), path, body);
            actual.ShouldBe(status, $"{method} {path}: {response}");
            if (answer is null) response.ShouldBeNull();
            else documents[$"{documents.Count} {method} {path}"] = new JsonObject { [answer] = response!.DeepClone() };
            if (answer == "IcebergErrorResponse") response!["error"]!["code"]!.GetValue<int>().ShouldBe(status);
            return response;
        }
    }

    [Fact]
    public async Task Listings_come_in_pages_when_a_client_asks_for_pages_and_whole_when_not()
    {
        foreach (string name in new[] { "a", "b", "c", "d", "e" }) await server.Lake.Catalogue.CreateNamespaceAsync(name, new Dictionary<string, string>(), LakeFixture.None);
        (await Names("namespaces")).Names.ShouldBe(["a", "b", "c", "d", "e"]);
        var (first, next) = await Names("namespaces?pageToken=&pageSize=2");
        first.ShouldBe(["a", "b"]);
        await server.Lake.Catalogue.DropNamespaceAsync("b", LakeFixture.None);
        var (second, last) = await Names($"namespaces?pageToken={next}&pageSize=2");
        second.ShouldBe(["c", "d"], "a page goes on after the last entry given, though that is gone");
        (await Names($"namespaces?pageToken={last}&pageSize=2")).ShouldSatisfyAllConditions(page => page.Names.ShouldBe(["e"]), page => page.Next.ShouldBeNull());
        (await server.SendAsync(HttpMethod.Get, "namespaces?pageToken=&pageSize=0")).Status.ShouldBe(400);
        (await server.SendAsync(HttpMethod.Get, "namespaces?pageToken=%2F%2F%2F")).Status.ShouldBe(400);

        async Task<(List<string> Names, string? Next)> Names(string path)
        {
            var body = (await server.SendAsync(HttpMethod.Get, path)).Body!;
            return ([.. body["namespaces"]!.AsArray().Select(levels => levels![0]!.GetValue<string>())], body["next-page-token"]?.GetValue<string>());
        }
    }

    [Fact]
    public async Task An_unchanged_table_is_not_sent_again_to_a_client_that_has_its_tag()
    {
        await server.Lake.CreateImuAsync();
        using var first = await server.Http.GetAsync("namespaces/raw/tables/imu", LakeFixture.None);
        string tag = first.Headers.ETag!.Tag;
        (await Conditional("namespaces/raw/tables/imu", tag)).ShouldBe(HttpStatusCode.NotModified);
        (await Conditional("namespaces/raw/tables/imu", $"\"other\", W/{tag}")).ShouldBe(HttpStatusCode.NotModified);
        (await Conditional("namespaces/raw/tables/imu?snapshots=refs", tag)).ShouldBe(HttpStatusCode.OK, "another selection is another body");
        await server.Lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("a", await server.Lake.FakeFileAsync(LakeFixture.Imu))), LakeFixture.None);
        (await Conditional("namespaces/raw/tables/imu", tag)).ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> Conditional(string path, string etag)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("If-None-Match", etag);
            using var response = await server.Http.SendAsync(request, LakeFixture.None);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task The_token_is_given_for_a_secret_that_equals_it_and_for_no_other()
    {
        (await Token("grant_type=client_credentials&client_id=x&client_secret=sesame&scope=catalog")).ShouldBe((200, "sesame"));
        (await Token("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=sesame&subject_token_type=t")).ShouldBe((200, "sesame"));
        (await Token("grant_type=client_credentials&client_secret=open")).ShouldBe((401, "invalid_client"));
        (await Token("grant_type=client_credentials")).ShouldBe((401, "invalid_client"));
        (await Token("grant_type=password&username=a&password=sesame")).ShouldBe((400, "unsupported_grant_type"));

        async Task<(int, string)> Token(string form)
        {
            using var content = new StringContent(form, Encoding.UTF8, "application/x-www-form-urlencoded");
            using var response = await server.Http.PostAsync("oauth/tokens", content, LakeFixture.None);
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(LakeFixture.None))!;
            return ((int)response.StatusCode, (body["access_token"] ?? body["error"])!.GetValue<string>());
        }
    }

    [Fact]
    public async Task A_request_that_is_too_large_or_no_JSON_is_refused_with_the_specifications_error()
    {
        var large = await server.SendAsync(HttpMethod.Post, "namespaces", new JsonObject { ["namespace"] = new JsonArray("x"), ["properties"] = new JsonObject { ["a"] = new string('x', 200_000) } });
        large.Status.ShouldBe(413);
        using var response = await server.Http.PostAsync("namespaces", new StringContent("{nonsense"), LakeFixture.None);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode.Parse(await response.Content.ReadAsStringAsync(LakeFixture.None))!["error"]!["type"]!.GetValue<string>().ShouldBe("BadRequestException");
    }

    /// <summary>Whether everything of one value is in the other, which may say more: optional fields with their defaults.</summary>
    private static bool Holds(JsonNode? whole, JsonNode? part) => (whole, part) switch
    {
        (JsonObject all, JsonObject some) => some.All(field => all.TryGetPropertyValue(field.Key, out var value) && Holds(value, field.Value)),
        (JsonArray all, JsonArray some) => all.Count == some.Count && some.Select((item, index) => Holds(all[index], item)).All(held => held),
        _ => JsonNode.DeepEquals(whole, part),
    };

    /// <summary>A request with the fields that the text requires, those given and no others.</summary>
    private static JsonObject Filled(string schema, params (string Name, string Json)[] values)
    {
        var required = Schemas[schema]!["required"]?.AsArray().Select(name => name!.GetValue<string>()) ?? [];
        var request = new JsonObject();
        foreach (var (name, json) in values) request[name] = JsonNode.Parse(json);
        foreach (string name in required) request.ContainsKey(name).ShouldBeTrue($"{schema} requires {name}");
        return request;
    }

    /// <summary>The smallest value that a schema of the text allows: required fields only.</summary>
    private static JsonNode Minimal(JsonNode schema, string name = "")
    {
        var node = schema.AsObject();
        if (name == "type" && node["$ref"]?.GetValue<string>() == "#/$defs/Type") return JsonValue.Create("long");
        if (node["$ref"] is { } reference) return Minimal(Schemas[reference.GetValue<string>().Split('/')[^1]]!, name);
        if (node["const"] is { } constant) return constant.DeepClone();
        if (node["enum"] is { } values) return values[0]!.DeepClone();
        if ((node["oneOf"] ?? node["anyOf"]) is JsonArray choices) return Minimal(choices[0]!, name);
        string type = node["type"] switch { JsonArray types => types[0]!.GetValue<string>(), { } one => one.GetValue<string>(), _ => "object" };
        switch (type)
        {
            case "integer" or "number": return JsonValue.Create(name == "format-version" ? 2 : 7);
            case "boolean": return JsonValue.Create(true);
            case "string":
                return JsonValue.Create(name switch { "uuid" => "9c12d441-03fe-4693-9a96-a0705ddf69c1", "transform" => "identity", "type" => "long", _ => $"the-{name}" });
            case "array":
                return new JsonArray(Minimal(node["items"]!, name));
        }

        var made = new JsonObject();
        foreach (var part in node["allOf"]?.AsArray() ?? [])
        {
            foreach (var (key, value) in Minimal(part!).AsObject()) made[key] = value!.DeepClone();
        }

        foreach (var required in node["required"]?.AsArray() ?? [])
        {
            string key = required!.GetValue<string>();
            if (node["properties"]?[key] is { } property) made[key] = Minimal(property, key);
        }

        return made;
    }
}
