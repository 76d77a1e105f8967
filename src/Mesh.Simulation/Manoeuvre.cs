namespace Mesh.Simulation;

/// <summary>What the vehicle is doing; the numbers are the class ids of the label channel.</summary>
public enum Manoeuvre
{
    /// <summary>At rest.</summary>
    Standstill = 0,
    /// <summary>Gaining speed.</summary>
    Accelerate = 1,
    /// <summary>Holding speed on a road that bends a little.</summary>
    Cruise = 2,
    /// <summary>Losing speed.</summary>
    Brake = 3,
    /// <summary>Turning left at a junction.</summary>
    TurnLeft = 4,
    /// <summary>Turning right at a junction.</summary>
    TurnRight = 5,
    /// <summary>Moving over by one lane, to either side.</summary>
    LaneChange = 6,
}
