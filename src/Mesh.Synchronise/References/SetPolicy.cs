namespace Mesh.Synchronise;

/// <summary>How sets of messages are found.</summary>
public enum SetPolicy
{
    /// <summary>ROS ApproximateTime: adaptive, one set per pivot.</summary>
    ApproximateTime,
    /// <summary>ROS ExactTime: equal stamps.</summary>
    ExactTime,
    /// <summary>ROS 2 ApproximateEpsilonTime: the fronts of all queues within a distance.</summary>
    ApproximateEpsilonTime,
    /// <summary>ROS 2 LatestTime: the latest of every channel at each message of the fastest.</summary>
    LatestTime,
    /// <summary>Over the whole recording: no other choice of sets is better.</summary>
    Optimal,
}
