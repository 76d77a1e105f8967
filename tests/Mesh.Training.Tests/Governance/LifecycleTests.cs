using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Testing;
using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Tests.Governance;

public sealed class LifecycleTests
{
    private const string Good =
        """
        apiVersion: mesh/v1
        kind: Lifecycle
        metadata: { name: mine }
        states: [candidate, rejected, released, retired]
        transitions:
          - { from: [candidate], to: released, gates: [{ gate: metric, metric: accuracy, min: 0.5 }] }
        """;

    [Fact]
    public void The_shipped_file_asks_two_people_of_different_roles_and_not_the_author()
    {
        var lifecycle = Lifecycle.Load(Path.Combine(Repository.Root, "governance", "lifecycle.yaml"));

        var approvals = lifecycle.Find("validated", "approved")!.Approvals!;
        (approvals.People, approvals.NotAuthor).ShouldBe((2, true));
        approvals.Roles.ShouldBe(["safety", "release-manager"]);
        lifecycle.Sha256.ShouldBe(Lifecycle.Default.Sha256);
        lifecycle.Find("candidate", "validated")!.Gates.Select(gate => gate.Kind).ShouldContain(GateKind.Consent);
    }

    [Theory]
    [InlineData("kind: Lifecycle", "kind: Topology", 2, "write Lifecycle")]
    [InlineData("states: [candidate, rejected, released, retired]", "states: [candidate, released, retired]", 4, "lacks 'rejected'")]
    [InlineData("to: released", "to: relesed", 6, "is none of the states candidate, rejected, released, retired")]
    [InlineData("from: [candidate]", "from: [released]", 6, "from 'released' to itself")]
    [InlineData("from: [candidate]", "from: [retired]", 6, "that way back is `rollback`")]
    [InlineData("gate: metric", "gate: metrik", 6, "none of metric, regression")]
    [InlineData(", min: 0.5", "", 6, "needs 'min' or 'max'")]
    [InlineData("min: 0.5", "min: high", 6, "is not a number, for example 0.8")]
    [InlineData("min: 0.5", "min: 0.5, max: 0.4", 6, "nothing could pass")]
    [InlineData("min: 0.5", "minn: 0.5", 6, "Did you mean 'min'?")]
    [InlineData("to: released,", "to: released, approvals: { people: 1, roles: [a, b] },", 6, "raise it to 2")]
    [InlineData("to: released, gates", "to: retired, gates", 6, "No transition leads to 'released'")]
    [InlineData("metadata: { name: mine }", "metadata: { name: mine }\nowner: me", 4, "The lifecycle has no 'owner'")]
    public void What_is_wrong_is_told_with_its_line_and_a_remedy(string part, string instead, int line, string message)
    {
        var errors = new TopologyErrors("mine.yaml") { Subject = "The lifecycle" };

        Lifecycle.Parse(Good.Replace(part, instead), errors).ShouldBeNull();

        errors.All.ShouldContain(error => error.Line == line && error.Message.Contains(message), string.Join('\n', errors.All));
    }

    [Fact]
    public void Two_transitions_that_await_approval_out_of_one_state_are_refused()
    {
        var errors = new TopologyErrors("mine.yaml");
        const string more = "\n  - { from: [candidate], to: retired, approvals: { people: 1 } }\n  - { from: [candidate], to: rejected, approvals: { people: 1 } }";

        Lifecycle.Parse(Good + more, errors).ShouldBeNull();

        errors.All.ShouldHaveSingleItem().Message.ShouldContain("Two transitions from 'candidate' ask for approvals");
    }

    [Fact]
    public void Formatting_does_not_change_the_digest_and_a_bound_does()
    {
        string Digest(string yaml) => Lifecycle.Parse(yaml, new TopologyErrors("x"))!.Sha256;

        Digest("# mine\n" + Good.Replace("[candidate]", "[ candidate ]")).ShouldBe(Digest(Good));
        Digest(Good.Replace("0.5", "0.4")).ShouldNotBe(Digest(Good));
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error_that_names_the_setting() =>
        Should.Throw<MeshException>(() => Lifecycle.Load("/nowhere/lifecycle.yaml")).Message.ShouldContain("governance.lifecycle");
}
