using System.Text.Json;
using Mesh.Testing;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Tests.Handoff;

/// <summary>What others' tools say of a bundle.</summary>
public sealed class ForeignHandoffTests(HandoffFixture fixture) : IClassFixture<HandoffFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Schemas_of_CycloneDX_and_OMS_and_the_verifier_of_Sigstore_accept_a_bundle()
    {
        var found = await NodeScript.RunAsync("handoff-verify.mjs", fixture.Bundle, TestData.PathOf("schemas"));

        found.GetProperty("cyclonedx").EnumerateArray().ShouldBeEmpty();
        found.GetProperty("cyclonedx_numeric").GetInt32().ShouldBeGreaterThan(0, "a schema that refuses nothing shows nothing");
        found.GetProperty("oms").EnumerateArray().ShouldBeEmpty();
        found.GetProperty("sigstore").GetString().ShouldBe("verified");
        found.GetProperty("tampered").GetString()!.ShouldStartWith("refused");
        found.GetProperty("provenance").EnumerateArray().Select(predicate => predicate.GetString()).ShouldBe(["https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v1"], "of the job and of the variant");
        (found.GetProperty("files").GetInt32(), found.GetProperty("wrong").GetInt32()).ShouldBe((new BundleFolder(fixture.Bundle).List().Count - 1, 0));
    }

    [Fact]
    public async Task Openssl_verifies_the_signature_and_the_onnx_package_finds_the_models_sound()
    {
        Require.Program("openssl", "apt-get install openssl");
        Require.Program("python3", "apt-get install python3");
        using var found = JsonDocument.Parse(await ToolProcess.RunAsync("/usr/bin/python3", [Path.Combine(Repository.Root, "tests", "foreign", "handoff-model.py"), fixture.Bundle]));

        found.RootElement.GetProperty("openssl").GetString().ShouldBe("Verified OK");
        foreach (string property in new[] { "sorted", "complete", "root" }) found.RootElement.GetProperty(property).GetBoolean().ShouldBeTrue(property);
        found.RootElement.GetProperty("wrong").EnumerateArray().ShouldBeEmpty();
        found.RootElement.GetProperty("models").EnumerateObject().Select(model => model.Name).ShouldBe([HandoffFiles.Model, "variants/cpu-int8/model.onnx"]);
    }

    [Theory]
    [InlineData("handoff.schema.json", HandoffFiles.Manifest)]
    [InlineData("handoff-contract.schema.json", HandoffFiles.Contract)]
    [InlineData("handoff-evidence-index.schema.json", HandoffFiles.Index)]
    public async Task A_document_is_what_its_schema_says_and_the_schema_refuses_what_breaks_it(string schema, string document)
    {
        var good = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(fixture.Bundle, document), Stop)).RootElement;
        var documents = new Dictionary<string, JsonElement> { ["as written"] = good };
        foreach (var member in good.EnumerateObject().Where(member => member.Name != "author"))
        {
            documents[$"without {member.Name}"] = JsonSerializer.SerializeToElement(good.EnumerateObject().Where(other => other.Name != member.Name).ToDictionary(other => other.Name, other => other.Value));
        }

        string file = fixture.PathOf($"documents-{schema}");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(documents), Stop);
        var found = await NodeScript.RunAsync("validate-schema.mjs", Path.Combine(Repository.Root, "schemas", schema), file);
        foreach (var result in found.EnumerateObject())
        {
            if (result.Name == "as written") result.Value.EnumerateArray().Select(error => error.GetString()).ShouldBeEmpty();
            else result.Value.GetArrayLength().ShouldBeGreaterThan(0, result.Name);
        }
    }
}
