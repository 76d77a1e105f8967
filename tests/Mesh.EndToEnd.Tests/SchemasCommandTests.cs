using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary><c>mesh schemas</c> as users run it, and who may log in to the registry.</summary>
public sealed class SchemasCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Schemas_are_registered_listed_shown_checked_and_refused()
    {
        await using var mesh = await StartBrokerAsync();
        string[] registry = ["--schema-registry", mesh.AddressOf("schema registry")];
        string first = Write("first.proto", "syntax = \"proto3\"; message Car { int32 doors = 1; }");
        string wider = Write("wider.proto", "syntax = \"proto3\"; message Car { int32 doors = 1; string name = 2; }");
        string other = Write("other.proto", "syntax = \"proto3\"; message Car { string doors = 1; }");
        string avro = Write("point.avsc", """{"type":"record","name":"Point","fields":[{"name":"x","type":"int"}]}""");

        (await RunAsync(0, "list")).Output.ShouldBe("No schemas.\n");
        (await RunAsync(0, "register", first, "--subject", "cars-value")).Output.ShouldBe("1\n");
        (await RunAsync(0, "register", avro, "--subject", "points-value")).Output.ShouldBe("2\n");
        (await RunAsync(0, "check", wider, "--subject", "cars-value")).Output.ShouldBe("Compatible.\n");
        (await RunAsync(1, "check", other, "--subject", "cars-value")).Output.ShouldContain("FIELD_SCALAR_KIND_CHANGED");
        var refused = await RunAsync(1, "register", other, "--subject", "cars-value");
        refused.Errors.ShouldContain("MESH7102");
        refused.Errors.ShouldContain("40901");
        refused.Errors.ShouldNotContain("   at ");
        (await RunAsync(0, "register", wider, "--subject", "cars-value")).Output.ShouldBe("3\n");

        (await RunAsync(0, "show", "cars-value")).Output.ShouldContain("string name = 2;");
        (await RunAsync(0, "show", "cars-value", "--version-number", "1")).Output.ShouldNotContain("name");
        (await RunAsync(1, "show", "trains-value")).Errors.ShouldContain("40401");
        (await RunAsync(0, "compatibility")).Output.ShouldBe("BACKWARD\n");
        (await RunAsync(0, "compatibility", "none", "--subject", "cars-value")).Output.ShouldBe("NONE\n");
        (await RunAsync(0, "check", other, "--subject", "cars-value")).Output.ShouldBe("Compatible.\n");
        (await RunAsync(1, "compatibility", "sometimes")).Errors.ShouldContain("42203");
        (await RunAsync(2, "check", folder["absent.proto"], "--subject", "cars-value")).Errors.ShouldContain("cannot be read");

        string cars = (await RunAsync(0, "list", "--prefix", "cars")).Output;
        cars.Split('\n').Single(line => line.Contains("cars-value", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["cars-value", "2", "3", "PROTOBUF"]);
        cars.ShouldNotContain("points");
        (await RunAsync(0, "list")).Output.ShouldContain("AVRO");

        async Task<(string Output, string Errors)> RunAsync(int expected, params string[] arguments)
        {
            var (exitCode, output, errors) = await MeshProcess.RunAsync(["schemas", .. arguments, .. registry]);
            exitCode.ShouldBe(expected, $"mesh schemas {string.Join(' ', arguments)}:\n{output}\n{errors}");
            return (output, errors);
        }
    }

    [Fact]
    public async Task Every_answer_comes_as_json_too()
    {
        await using var mesh = await StartBrokerAsync();
        string file = Write("person.json", """{"type":"object","properties":{"name":{"type":"string"}}}""");
        string other = Write("other.json", """{"type":"object","properties":{"name":{"type":"number"}}}""");
        string[] common = ["--schema-registry", mesh.AddressOf("schema registry"), "--json"];

        (await MeshProcess.RunJsonAsync(["schemas", "register", file, "--subject", "people-value", .. common])).GetProperty("id").GetInt32().ShouldBe(1);
        var listed = await MeshProcess.RunJsonAsync(["schemas", "list", .. common]);
        listed.EnumerateArray().ShouldHaveSingleItem().GetProperty("subject").GetString().ShouldBe("people-value");
        (await MeshProcess.RunJsonAsync(["schemas", "show", "people-value", .. common])).GetProperty("schemaType").GetString().ShouldBe("JSON");
        (await MeshProcess.RunJsonAsync(["schemas", "compatibility", "FULL", .. common])).GetProperty("compatibilityLevel").GetString().ShouldBe("FULL");
        (await MeshProcess.RunJsonAsync(["schemas", "check", file, "--subject", "people-value", .. common])).GetProperty("is_compatible").GetBoolean().ShouldBeTrue();

        var (exitCode, output, _) = await MeshProcess.RunAsync(["schemas", "check", other, "--subject", "people-value", .. common]);
        exitCode.ShouldBe(1);
        using var answer = JsonDocument.Parse(output);
        answer.RootElement.GetProperty("is_compatible").GetBoolean().ShouldBeFalse();
        answer.RootElement.GetProperty("messages").GetArrayLength().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_brokers_users_and_nobody_else_use_the_registry()
    {
        File.WriteAllText(folder["users"], "alice: wonder:land\n");
        File.WriteAllText(folder["mesh.yaml"], "schemaRegistry:\n  user: alice\n  password: wonder:land\n");
        await using var mesh = await StartBrokerAsync(new Dictionary<string, string> { ["MESH_HTTP__TOKEN"] = "t0ken" }, "--users", folder["users"]);
        string url = mesh.AddressOf("schema registry");

        (await StatusAsync(url, Basic("alice:wonder:land"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(url, Basic("mesh:t0ken"))).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(url, new AuthenticationHeaderValue("Bearer", "t0ken"))).ShouldBe(HttpStatusCode.OK);
        (await MeshProcess.RunJsonAsync("schemas", "list", "--schema-registry", url, "--config", folder["mesh.yaml"], "--json")).GetArrayLength().ShouldBe(0);
        foreach (var wrong in (AuthenticationHeaderValue?[])
            [
                null, Basic("alice:wonder"), Basic("alice"), Basic("alice:"), Basic("bob:wonder:land"), Basic("mesh:"), Basic("alice:t0ken"),
                new AuthenticationHeaderValue("Basic", "not base64"), new AuthenticationHeaderValue("Bearer", "wonder:land"), new AuthenticationHeaderValue("Digest", "x"),
            ])
        {
            (await StatusAsync(url, wrong)).ShouldBe(HttpStatusCode.Unauthorized, wrong?.ToString());
        }

        using var http = new HttpClient();
        using var refused = await http.GetAsync(new Uri(url + "/health"), TestContext.Current.CancellationToken);
        refused.Headers.WwwAuthenticate.Select(each => each.ToString()).ShouldBe(["Basic realm=\"schema registry\", charset=\"UTF-8\"", "Bearer"]);
        refused.Content.Headers.ContentType!.ToString().ShouldBe("application/vnd.schemaregistry.v1+json");
        (await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("""{"error_code":401,"message":"Unauthorized"}""");
    }

    [Fact]
    public async Task A_server_whose_kafka_has_users_asks_for_them_at_its_registry()
    {
        File.WriteAllText(folder["users"], "alice: wonderland\n");
        File.WriteAllText(folder["mesh.yaml"], "kafka:\n  user: alice\n  password: wonderland\n");
        await using var mesh = await MeshProcess.UpAsync(folder["state"], new Dictionary<string, string> { ["MESH_KAFKA__USERS"] = folder["users"] });
        string file = Write("car.proto", "syntax = \"proto3\"; message Car {}");

        (await StatusAsync(mesh.AddressOf("schema registry"), null)).ShouldBe(HttpStatusCode.Unauthorized);
        var id = await MeshProcess.RunJsonAsync("schemas", "register", file, "--subject", "cars-value", "--data", folder["state"], "--config", folder["mesh.yaml"], "--json");
        id.GetProperty("id").GetInt32().ShouldBeGreaterThan(0);
        var (exitCode, _, errors) = await MeshProcess.RunAsync("schemas", "list", "--data", folder["state"]);
        exitCode.ShouldBe(1);
        errors.ShouldContain("401");
    }

    private static AuthenticationHeaderValue Basic(string login) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));

    private static async Task<HttpStatusCode> StatusAsync(string url, AuthenticationHeaderValue? login)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = login } };
        using var answer = await http.GetAsync(new Uri(url + "/subjects"), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }

    private Task<MeshProcess> StartBrokerAsync() => StartBrokerAsync(new Dictionary<string, string>());

    private async Task<MeshProcess> StartBrokerAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var mesh = MeshProcess.Start(environment, ["broker", "--data", folder["broker"], "--listen", "127.0.0.1:0", "--registry", "0", .. arguments]);
        await mesh.WaitUntilAsync(() => mesh.Output.Contains("Ctrl-C stops it", StringComparison.Ordinal), "`mesh broker` to be up");
        return mesh;
    }
}
