using Mesh.Fuzz.Targets;

namespace Mesh.Fuzz;

/// <summary>Every target.</summary>
public static class FuzzTargets
{
    /// <summary>New ones, because a target keeps decoders from input to input.</summary>
    public static IReadOnlyList<FuzzTarget> All =>
    [
        new Mdf4Target(), new Mdf3Target(), new McapTarget(), new Ros1BagTarget(), new Ros2BagTarget(), new BlfTarget(), new AscTarget(), new TrcTarget(),
        new DbcTarget(), new ArrowTarget(), new ParquetTarget(), new WrappedTarget(), new MessagesTarget(),
        new RunFilterTarget(), new MlrunsTarget(), new KafkaTarget(),
    ];
}
