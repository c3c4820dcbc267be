package registry

import "testing"

// Who is not in an answer that was cut off may be there all the same: nothing may be
// told as gone by it.
func TestDoorsKnowWhetherTheyAreWhole(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]Doors{
		"publishers":  {Publishers: make([]DoorPublisher, mostPublishers)},
		"invitations": {Invitations: make([]AccountInvitation, mostInvitations)},
		"owners":      {Owners: make([]DoorOwner, mostOwners)},
	} {
		if d.Whole() {
			t.Errorf("%s were cut off, and the answer calls itself whole", name)
		}
	}
	if !(Doors{Publishers: make([]DoorPublisher, mostPublishers-1)}).Whole() {
		t.Error("an answer that has room left is whole")
	}
}
