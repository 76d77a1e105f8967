using System.Text.Json;
using Mesh.Model;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Tests.Governance;

public sealed class CanonicalJsonTests
{
    [Theory]
    // RFC 8785 §3.2.3: order of names; §3.2.2.2: escapes.
    [InlineData("""{"b":1,"a":[true,null,""],"":2}""", """{"":2,"a":[true,null,""],"b":1}""")]
    [InlineData("""{"1":1,"10":2,"2":3,"B":4,"a":5}""", """{"1":1,"10":2,"2":3,"B":4,"a":5}""")]
    [InlineData("\"\\u20ac$\\u000f\\nA'\\u0042\\u0022\\u005c\\\\\\\"\\/\"", "\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"")]
    [InlineData("""[ 0, -1, 9007199254740991 ]""", """[0,-1,9007199254740991]""")]
    [InlineData("\"<+&\\u00fc\\ud83d\\ude00\\u007f\"", "\"<+&ü😀\u007f\"")]
    public void A_document_has_one_form(string json, string canonical) => Of(json).ShouldBe(canonical);

    [Theory]
    [InlineData("0.5")]
    [InlineData("1e2")]
    [InlineData("9007199254740992")]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"ä":1}""")]
    [InlineData("\"\\ud800\"")]
    public void What_has_no_form_is_refused(string json) => Should.Throw<MeshException>(() => Of(json)).Code.ShouldBe("MESH9600");

    private static string Of(string json) => CanonicalJson.Of(JsonDocument.Parse(json).RootElement);
}
