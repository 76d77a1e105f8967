using System.Net;
using System.Text.Json;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Registry;

public sealed class SchemaRegistryTests : IAsyncLifetime
{
    private const string Proto = "syntax = \"proto3\"; message A { string x = 1; }";
    private const string Longer = "syntax = \"proto3\"; message A { string x = 1; int32 y = 2; }";
    private RegistryServer registry = null!;

    public async ValueTask InitializeAsync() => registry = await RegistryServer.StartAsync();

    public ValueTask DisposeAsync() => registry.DisposeAsync();

    [Fact]
    public async Task A_registered_schema_is_found_by_id_subject_and_content()
    {
        int id = await registry.RegisterAsync("a-value", Proto);

        id.ShouldBe(1);
        var byId = await registry.GetAsync($"/schemas/ids/{id}");
        byId.GetProperty("schema").GetString().ShouldBe(Proto);
        byId.GetProperty("schemaType").GetString().ShouldBe("PROTOBUF");
        foreach (string version in (string[])["1", "latest", "-1"])
        {
            var found = await registry.GetAsync($"/subjects/a-value/versions/{version}");
            found.GetProperty("version").GetInt32().ShouldBe(1);
            found.GetProperty("id").GetInt32().ShouldBe(id);
            found.GetProperty("schema").GetString().ShouldBe(Proto);
        }

        var lookup = await registry.PostAsync("/subjects/a-value", RegistryServer.Schema(Proto, "PROTOBUF"));
        lookup.GetProperty("id").GetInt32().ShouldBe(id);
        lookup.GetProperty("subject").GetString().ShouldBe("a-value");
        Strings(await registry.GetAsync("/subjects")).ShouldBe(["a-value"]);
        Numbers(await registry.GetAsync("/subjects/a-value/versions")).ShouldBe([1]);
        Strings(await registry.GetAsync("/schemas/types")).ShouldBe(["JSON", "PROTOBUF", "AVRO"]);
        Strings(await registry.GetAsync($"/schemas/ids/{id}/subjects")).ShouldBe(["a-value"]);
        (await registry.GetAsync($"/schemas/ids/{id}?fetchMaxId=true")).GetProperty("maxId").GetInt32().ShouldBe(id);
        Strings(await registry.GetAsync("/contexts")).ShouldBe(["."]);
        (await registry.GetAsync("/v1/metadata/id")).GetProperty("scope").GetProperty("clusters").GetProperty("kafka-cluster").GetString().ShouldNotBeNullOrEmpty();
        (await registry.GetAsync("/v1/metadata/version")).GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task An_ids_text_is_that_of_the_subject_which_is_asked_for()
    {
        string laidOut = Proto.Replace(";", ";\n", StringComparison.Ordinal);
        int id = await registry.RegisterAsync("a", Proto);
        (await registry.RegisterAsync("b", laidOut)).ShouldBe(id);

        await ShouldBeAsync("?subject=a", Proto);
        await ShouldBeAsync("?subject=b", laidOut);
        await ShouldBeAsync("?subject=:.:b", laidOut);
        await ShouldBeAsync("?subject=none", Proto);
        await registry.ShouldFailAsync("GET", $"/schemas/ids/{id}?subject=:.other:b", null, 404, 40403);

        async Task ShouldBeAsync(string query, string text) => (await registry.GetAsync($"/schemas/ids/{id}{query}")).GetProperty("schema").GetString().ShouldBe(text);
    }

    [Theory]
    [InlineData("GET", "/none/such", 404)]
    [InlineData("GET", "/", 404)]
    [InlineData("POST", "/subjects/a/versions/1/none", 404)]
    [InlineData("PUT", "/schemas/types", 405)]
    [InlineData("POST", "/subjects", 405)]
    [InlineData("PUT", "/subjects/a/versions", 405)]
    public async Task What_is_not_there_is_refused_in_the_registrys_form(string method, string path, int status) =>
        (await registry.ShouldFailAsync(method, path, null, status, status)).ShouldStartWith($"HTTP {status} ");

    [Fact]
    public async Task The_same_schema_has_one_id_everywhere_and_one_version_per_subject()
    {
        int first = await registry.RegisterAsync("a", Proto);
        int again = await registry.RegisterAsync("a", Proto);
        int other = await registry.RegisterAsync("b", Proto);
        int laidOutOtherwise = await registry.RegisterAsync("a", "syntax='proto3';\n// a note\nmessage A {\n  string x = 1;\n}");
        int changed = await registry.RegisterAsync("a", Longer);

        (again, other, laidOutOtherwise, changed).ShouldBe((first, first, first, first + 1));
        Numbers(await registry.GetAsync("/subjects/a/versions")).ShouldBe([1, 2]);
        (await registry.GetAsync($"/schemas/ids/{first}/versions")).GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Registrations_of_one_content_at_once_give_one_id()
    {
        int[] ids = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => registry.RegisterAsync($"s{i % 4}", Proto)));

        ids.Distinct().ShouldHaveSingleItem();
        (await registry.GetAsync("/schemas")).GetArrayLength().ShouldBe(4);
    }

    [Fact]
    public async Task Normalising_keeps_the_canonical_text()
    {
        (await registry.PostAsync("/subjects/a/versions?normalize=true", RegistryServer.Schema("syntax='proto3'; message A { B b = 1; message B {} } // note", "PROTOBUF")))
            .GetProperty("schema").GetString().ShouldBe("syntax = \"proto3\";\nmessage A {\n  .A.B b = 1;\n  message B {\n  }\n}\n");
        await registry.PutAsync("/config/b", new { normalize = true });
        await registry.RegisterAsync("b", "{\"name\":\"F\",\"type\":\"fixed\",  \"size\":4}", null);
        (await registry.GetAsync("/subjects/b/versions/1")).GetProperty("schema").GetString().ShouldBe("{\"name\":\"F\",\"size\":4,\"type\":\"fixed\"}");
    }

    [Fact]
    public async Task A_descriptor_in_base64_is_its_text_and_is_answered_as_one_when_asked_for()
    {
        int id = await registry.RegisterAsync("a", Proto);
        string descriptor = (await registry.GetAsync($"/schemas/ids/{id}?format=serialized")).GetProperty("schema").GetString()!;

        var file = Google.Protobuf.Reflection.FileDescriptorProto.Parser.ParseFrom(Convert.FromBase64String(descriptor));
        file.MessageType.ShouldHaveSingleItem().Field.ShouldHaveSingleItem().JsonName.ShouldBe("x");
        (await registry.RegisterAsync("b", descriptor)).ShouldBe(id);
        (await registry.GetAsync("/subjects/b/versions/1")).GetProperty("schema").GetString()!.ShouldContain("message A {");
    }

    [Fact]
    public async Task Ids_versions_levels_and_modes_survive_a_restart()
    {
        await registry.RegisterAsync("a", Proto);
        int second = await registry.RegisterAsync("b", "{\"type\":\"object\"}", "JSON");
        await registry.RegisterAsync("gone", "{\"type\":\"string\"}", "JSON");
        await registry.DeleteAsync("/subjects/gone");
        await registry.PutAsync("/config/b", new { compatibility = "FULL" });
        await registry.PutAsync("/config", new { compatibility = "none" });
        await registry.PutAsync("/mode/a", new { mode = "READONLY" });

        await registry.RestartAsync();

        (await registry.GetAsync($"/schemas/ids/{second}")).GetProperty("schemaType").GetString().ShouldBe("JSON");
        (await registry.RegisterAsync("b", "{\"type\":\"object\"}", "JSON")).ShouldBe(second);
        (await registry.RegisterAsync("c", "{\"type\":\"array\"}", "JSON")).ShouldBe(second + 2);
        Strings(await registry.GetAsync("/subjects")).ShouldBe(["a", "b", "c"]);
        Strings(await registry.GetAsync("/subjects?deleted=true")).ShouldBe(["a", "b", "c", "gone"]);
        (await registry.GetAsync("/config/b")).GetProperty("compatibilityLevel").GetString().ShouldBe("FULL");
        (await registry.GetAsync("/config")).GetProperty("compatibilityLevel").GetString().ShouldBe("NONE");
        (await registry.GetAsync("/mode/a")).GetProperty("mode").GetString().ShouldBe("READONLY");
    }

    [Fact]
    public async Task References_must_exist_come_back_and_keep_what_they_lead_to()
    {
        int baseId = await registry.RegisterAsync("base.proto", "syntax = \"proto3\"; package base; message B { int32 n = 1; }");
        object reference = new { name = "base.proto", subject = "base.proto", version = 1 };
        int id = await registry.RegisterAsync("user", "syntax = \"proto3\"; import \"base.proto\"; message U { base.B b = 1; }", "PROTOBUF", reference);

        (await registry.GetAsync("/subjects/user/versions/1")).GetProperty("references")[0].GetProperty("subject").GetString().ShouldBe("base.proto");
        Numbers(await registry.GetAsync("/subjects/base.proto/versions/1/referencedby")).ShouldBe([id]);
        id.ShouldNotBe(baseId);
        await registry.ShouldFailAsync("DELETE", "/subjects/base.proto", null, 422, 42206);
        await registry.ShouldFailAsync("DELETE", "/subjects/base.proto/versions/1", null, 422, 42206);
        object dangling = RegistryServer.Schema("import \"x.proto\";", "PROTOBUF", new { name = "x.proto", subject = "x", version = 1 });
        await registry.ShouldFailAsync("POST", "/subjects/user/versions", dangling, 422, 42201);
        string message = await registry.ShouldFailAsync("POST", "/subjects/user/versions", RegistryServer.Schema("syntax = \"proto3\"; import \"base.proto\";", "PROTOBUF"), 422, 42201);
        message.ShouldContain("no reference has this name");

        await registry.DeleteAsync("/subjects/user");
        await registry.DeleteAsync("/subjects/base.proto");
        await registry.ShouldFailAsync("DELETE", "/subjects/base.proto?permanent=true", null, 422, 42206);
        await registry.DeleteAsync("/subjects/user?permanent=true");
        Numbers(await registry.DeleteAsync("/subjects/base.proto?permanent=true")).ShouldBe([1]);
    }

    [Fact]
    public async Task Avro_and_JSON_schemas_are_resolved_across_subjects()
    {
        await registry.RegisterAsync("money", "{\"type\":\"record\",\"name\":\"Money\",\"namespace\":\"x\",\"fields\":[{\"name\":\"cents\",\"type\":\"long\"}]}", null);
        object avro = new { name = "x.Money", subject = "money", version = 1 };
        await registry.RegisterAsync("order", "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"x\",\"fields\":[{\"name\":\"price\",\"type\":\"Money\"}]}", "AVRO", avro);
        await registry.RegisterAsync("money-json", "{\"type\":\"integer\"}", "JSON");
        object json = new { name = "money.json", subject = "money-json", version = -1 };
        await registry.RegisterAsync("order-json", "{\"type\":\"object\",\"properties\":{\"price\":{\"$ref\":\"money.json\"}}}", "JSON", json);

        (await registry.GetAsync("/subjects/order-json/versions/1")).GetProperty("references")[0].GetProperty("version").GetInt32().ShouldBe(1);
        await registry.ShouldFailAsync("POST", "/subjects/o/versions", RegistryServer.Schema("{\"$ref\":\"money.json\"}", "JSON"), 422, 42201);
        await registry.ShouldFailAsync("POST", "/subjects/o/versions", RegistryServer.Schema("[\"x.Money\"]", null), 422, 42201);
    }

    [Fact]
    public async Task A_version_is_deleted_softly_first_and_then_for_good()
    {
        int first = await registry.RegisterAsync("a", Proto);
        await registry.RegisterAsync("a", Longer);

        await registry.ShouldFailAsync("DELETE", "/subjects/a/versions/1?permanent=true", null, 404, 40407);
        (await registry.DeleteAsync("/subjects/a/versions/1")).GetInt32().ShouldBe(1);
        await registry.ShouldFailAsync("GET", "/subjects/a/versions/1", null, 404, 40402);
        await registry.ShouldFailAsync("DELETE", "/subjects/a/versions/1", null, 404, 40406);
        (await registry.GetAsync("/subjects/a/versions/1?deleted=true")).GetProperty("deleted").GetBoolean().ShouldBeTrue();
        Numbers(await registry.GetAsync("/subjects/a/versions?deleted=true")).ShouldBe([1, 2]);
        Numbers(await registry.GetAsync("/subjects/a/versions?deletedOnly=true")).ShouldBe([1]);
        (await registry.DeleteAsync("/subjects/a/versions/1?permanent=true")).GetInt32().ShouldBe(1);
        Numbers(await registry.GetAsync("/subjects/a/versions?deleted=true")).ShouldBe([2]);

        // Its id still answers: records that carry it may be read for as long as they are kept.
        (await registry.GetAsync($"/schemas/ids/{first}")).GetProperty("schema").GetString().ShouldBe(Proto);
        (await registry.DeleteAsync("/subjects/a/versions/latest")).GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task A_subject_is_deleted_softly_first_and_then_for_good()
    {
        await registry.RegisterAsync("a", Proto);
        await registry.RegisterAsync("a", Longer);
        await registry.ShouldFailAsync("DELETE", "/subjects/a?permanent=true", null, 404, 40405);

        Numbers(await registry.DeleteAsync("/subjects/a")).ShouldBe([1, 2]);

        (await registry.GetAsync("/subjects")).GetArrayLength().ShouldBe(0);
        await registry.ShouldFailAsync("DELETE", "/subjects/a", null, 404, 40404);
        await registry.ShouldFailAsync("GET", "/subjects/a/versions", null, 404, 40401);
        await registry.RegisterAsync("a", Longer);
        Numbers(await registry.GetAsync("/subjects/a/versions")).ShouldBe([3]);
        await registry.DeleteAsync("/subjects/a");
        Numbers(await registry.DeleteAsync("/subjects/a?permanent=true")).ShouldBe([1, 2, 3]);
        await registry.ShouldFailAsync("DELETE", "/subjects/a?permanent=true", null, 404, 40401);
        await registry.RestartAsync();
        (await registry.GetAsync("/subjects?deleted=true")).GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task What_breaks_the_level_is_refused_with_the_place()
    {
        await registry.RegisterAsync("a", Proto);
        object broken = RegistryServer.Schema("syntax = \"proto3\"; message A { int32 x = 1; }", "PROTOBUF");

        string message = await registry.ShouldFailAsync("POST", "/subjects/a/versions", broken, 409, 40901);
        message.ShouldContain("FIELD_SCALAR_KIND_CHANGED");
        message.ShouldContain("#/A/1");
        message.ShouldContain("oldSchemaVersion: 1");
        var verbose = await registry.PostAsync("/compatibility/subjects/a/versions/latest?verbose=true", broken);
        verbose.GetProperty("is_compatible").GetBoolean().ShouldBeFalse();
        verbose.GetProperty("messages").GetArrayLength().ShouldBeGreaterThan(0);
        (await registry.PostAsync("/compatibility/subjects/a/versions", broken)).TryGetProperty("messages", out _).ShouldBeFalse();
        (await registry.PostAsync("/compatibility/subjects/none/versions/latest", broken)).GetProperty("is_compatible").GetBoolean().ShouldBeTrue();
        await registry.ShouldFailAsync("POST", "/compatibility/subjects/a/versions/7", broken, 404, 40402);

        (await registry.PutAsync("/config/a", new { compatibility = "NONE" })).GetProperty("compatibility").GetString().ShouldBe("NONE");
        await registry.PostAsync("/subjects/a/versions", broken);
        (await registry.DeleteAsync("/config/a")).GetProperty("compatibilityLevel").GetString().ShouldBe("NONE");
        await registry.ShouldFailAsync("GET", "/config/a", null, 404, 40408);
        (await registry.GetAsync("/config/a?defaultToGlobal=true")).GetProperty("compatibilityLevel").GetString().ShouldBe("BACKWARD");
    }

    [Theory]
    [InlineData("BACKWARD", true)]
    [InlineData("BACKWARD_TRANSITIVE", false)]
    [InlineData("FORWARD", true)]
    [InlineData("FORWARD_TRANSITIVE", false)]
    [InlineData("FULL", true)]
    [InlineData("FULL_TRANSITIVE", false)]
    [InlineData("NONE", true)]
    public async Task A_transitive_level_holds_a_schema_against_every_version(string level, bool expected)
    {
        await registry.PutAsync("/config", new { compatibility = "NONE" });
        await registry.RegisterAsync("a", "syntax = \"proto3\"; message A { string x = 1; }");
        await registry.RegisterAsync("a", "syntax = \"proto3\"; message A { int32 x = 1; }");
        await registry.PutAsync("/config/a", new { compatibility = level });

        var answer = await registry.PostAsync("/compatibility/subjects/a/versions", RegistryServer.Schema("syntax = \"proto3\"; message A { int64 x = 1; }", "PROTOBUF"));

        answer.GetProperty("is_compatible").GetBoolean().ShouldBe(expected);
    }

    [Fact]
    public async Task Modes_decide_what_may_be_written()
    {
        await registry.RegisterAsync("a", Proto);
        await registry.PutAsync("/mode/a", new { mode = "READONLY" });
        await registry.ShouldFailAsync("POST", "/subjects/a/versions", RegistryServer.Schema(Longer, "PROTOBUF"), 422, 42205);
        await registry.ShouldFailAsync("DELETE", "/subjects/a", null, 422, 42205);
        await registry.ShouldFailAsync("PUT", "/mode/a", new { mode = "SOMETIMES" }, 422, 42204);
        (await registry.DeleteAsync("/mode/a")).GetProperty("mode").GetString().ShouldBe("READONLY");
        await registry.ShouldFailAsync("GET", "/mode/a", null, 404, 40409);
        (await registry.GetAsync("/mode/a?defaultToGlobal=true")).GetProperty("mode").GetString().ShouldBe("READWRITE");

        await registry.ShouldFailAsync("PUT", "/mode/a", new { mode = "IMPORT" }, 422, 42205);
        await registry.PutAsync("/mode/imported", new { mode = "IMPORT" });
        await registry.PostAsync("/subjects/imported/versions", new { schema = Longer, schemaType = "PROTOBUF", id = 900, version = 7 });
        (await registry.GetAsync("/subjects/imported/versions/7")).GetProperty("id").GetInt32().ShouldBe(900);
        await registry.ShouldFailAsync("POST", "/subjects/imported/versions", new { schema = Longer, schemaType = "PROTOBUF", id = 1, version = 8 }, 422, 42207);
        await registry.ShouldFailAsync("POST", "/subjects/b/versions", new { schema = Proto, schemaType = "PROTOBUF", id = 5 }, 422, 42205);

        await registry.PutAsync("/mode", new { mode = "READONLY_OVERRIDE" });
        await registry.ShouldFailAsync("POST", "/subjects/imported/versions", RegistryServer.Schema(Proto, "PROTOBUF"), 422, 42205);
        await registry.PutAsync("/mode?force=true", new { mode = "IMPORT" });
        (await registry.GetAsync("/mode")).GetProperty("mode").GetString().ShouldBe("IMPORT");
    }

    [Fact]
    public async Task Lists_take_a_prefix_a_page_and_the_latest_only()
    {
        foreach (string subject in (string[])["a-1", "a-2", "b-1"]) await registry.RegisterAsync(subject, Proto);
        await registry.RegisterAsync("a-1", Longer);

        Strings(await registry.GetAsync("/subjects?subjectPrefix=a-")).ShouldBe(["a-1", "a-2"]);
        Strings(await registry.GetAsync("/subjects?offset=1&limit=1")).ShouldBe(["a-2"]);
        (await registry.GetAsync("/schemas?subjectPrefix=a-")).GetArrayLength().ShouldBe(3);
        (await registry.GetAsync("/schemas?subjectPrefix=a-&latestOnly=true")).EnumerateArray().Select(each => each.GetProperty("version").GetInt32()).ShouldBe([2, 1]);
        (await registry.GetAsync("/schemas?offset=3&limit=5")).GetArrayLength().ShouldBe(1);
        await registry.RegisterAsync("with%2Fslash", Proto);
        Strings(await registry.GetAsync("/subjects?subjectPrefix=w")).ShouldBe(["with/slash"]);
        Strings(await registry.GetAsync("/subjects?subjectPrefix=:*:")).Length.ShouldBe(4);
        await registry.RegisterAsync(":.:a-1", Longer);
    }

    [Theory]
    [InlineData("GET", "/subjects/none/versions", null, 404, 40401)]
    [InlineData("GET", "/subjects/none/versions/1", null, 404, 40401)]
    [InlineData("GET", "/subjects/a/versions/2", null, 404, 40402)]
    [InlineData("GET", "/subjects/a/versions/zero", null, 422, 42202)]
    [InlineData("GET", "/subjects/a/versions/0", null, 422, 42202)]
    [InlineData("GET", "/schemas/ids/77", null, 404, 40403)]
    [InlineData("GET", "/schemas/ids/77/versions", null, 404, 40403)]
    [InlineData("POST", "/subjects/none", "{\"schema\":\"\\\"int\\\"\"}", 404, 40401)]
    [InlineData("POST", "/subjects/a", "{\"schema\":\"\\\"int\\\"\"}", 404, 40403)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"{ not json\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"\\\"no such type\\\"\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"x\",\"schemaType\":\"THRIFT\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"message A\",\"schemaType\":\"PROTOBUF\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"[1]\",\"schemaType\":\"JSON\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"{\\\"type\\\":\\\"text\\\"}\",\"schemaType\":\"JSON\"}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "{\"schema\":\"\\\\ud800\",\"references\":[null]}", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "not json at all", 422, 42201)]
    [InlineData("POST", "/subjects/a/versions", "null", 422, 42201)]
    [InlineData("POST", "/subjects/:.other:a/versions", "{\"schema\":\"\\\"int\\\"\"}", 422, 42208)]
    [InlineData("PUT", "/config", "{\"compatibility\":\"SOME\"}", 422, 42203)]
    [InlineData("PUT", "/config/a", "{\"compatibility\":\"FULL\",\"alias\":\"b\"}", 422, 42203)]
    [InlineData("DELETE", "/config/a", null, 404, 40401)]
    [InlineData("DELETE", "/subjects/none", null, 404, 40401)]
    public async Task Errors_carry_the_codes_clients_know(string method, string path, string? body, int status, int code)
    {
        await registry.RegisterAsync("a", Proto);

        (await registry.ShouldFailAsync(method, path, body, status, code)).ShouldNotBeNullOrWhiteSpace();
    }

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(each => each.GetString()!)];

    private static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(each => each.GetInt32())];
}
