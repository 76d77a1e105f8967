using Mesh.Commands.State;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Commands.Tests.State;

public sealed class StateDirectoryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_second_start_on_the_same_directory_is_refused_until_the_first_has_ended()
    {
        using (StateDirectory.Open(folder["data"]))
        {
            var exception = Should.Throw<MeshException>(() => StateDirectory.Open(folder["data"]));
            exception.Code.ShouldBe("MESH11010");
            exception.Message.ShouldContain("--data");
        }

        using var again = StateDirectory.Open(folder["data"]);
        again.Root.ShouldBe(folder["data"]);
    }

    [Fact]
    public void A_directory_of_a_newer_version_is_refused_and_not_touched()
    {
        using (StateDirectory.Open(folder["data"]))
        {
        }

        File.WriteAllText(folder["data", "VERSION"], "999\n");

        Should.Throw<MeshException>(() => StateDirectory.Open(folder["data"])).Code.ShouldBe("MESH11011");
        File.ReadAllText(folder["data", "VERSION"]).ShouldBe("999\n");
    }

    [Fact]
    public void What_cannot_be_made_is_an_error_a_person_can_act_on_and_frees_the_lock()
    {
        Directory.CreateDirectory(folder["data"]);
        File.WriteAllText(folder["data", "lake"], "in the way");

        var error = Should.Throw<MeshException>(() => StateDirectory.Open(folder["data"]));

        error.Code.ShouldBe("MESH11012");
        error.Message.ShouldContain("lake");
        File.Delete(folder["data", "lake"]);
        using var again = StateDirectory.Open(folder["data"]);
        Directory.Exists(again.Lake).ShouldBeTrue();
    }

    [Fact]
    public void Spilled_runs_of_a_killed_process_are_gone_after_the_next_start()
    {
        using (var state = StateDirectory.Open(folder["data"])) File.WriteAllText(Path.Combine(state.Spill, "run-1"), "left over");

        using var again = StateDirectory.Open(folder["data"]);

        Directory.EnumerateFileSystemEntries(again.Spill).ShouldBeEmpty();
    }

    [Fact]
    public void Reading_needs_a_directory_that_a_server_has_made() =>
        Should.Throw<MeshException>(() => StateDirectory.OpenForReading(folder["nothing"])).Code.ShouldBe("MESH11013");

    [Fact]
    public void Endpoints_left_by_a_dead_process_are_not_believed()
    {
        using var state = StateDirectory.Open(folder["data"]);
        new ServerEndpoints("http://127.0.0.1:1", "127.0.0.1:2", "http://127.0.0.1:3", int.MaxValue).Write(state);
        ServerEndpoints.Find(state.Root).ShouldBeNull();

        new ServerEndpoints("http://127.0.0.1:1", "127.0.0.1:2", "http://127.0.0.1:3", Environment.ProcessId).Write(state);
        ServerEndpoints.Find(state.Root)!.Http.ShouldBe("http://127.0.0.1:1");
    }
}
